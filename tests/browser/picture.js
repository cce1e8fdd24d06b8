// Makes the picture of a page that the README shows: node picture.js [REPORT.html] [PICTURE.png]

import path from 'node:path';
import { pathToFileURL } from 'node:url';

import { launch, open } from './browser.js';
import { address, root } from './reports.js';

const [from, to] = process.argv.slice(2);
const where = from ? pathToFileURL(path.resolve(from)).href : address('two-causes');
const browser = await launch();
const { page } = await open(browser, where, { colorScheme: 'light' });
await page.waitForTimeout(300);
await page.screenshot({ path: to ?? path.join(root, 'docs/images/report-page.png') });
await browser.close();
