// A headless Chromium that may open one file and nothing else.

import { chromium } from 'playwright-core';

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const args = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];

export const launch = () => chromium.launch({ executablePath, args });

/** Opens a page, and notes what no report may do: complain, ask for anything but itself, or open a dialog. */
export async function open(browser, address, options = {}) {
  const { fragment = '', ...rest } = options;
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, timezoneId: 'UTC', ...rest });
  const page = await context.newPage();
  const faults = [];
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && faults.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => faults.push(`script: ${error}`));
  page.on('dialog', (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  await context.route('**/*', (route) => {
    if (route.request().url().split('#')[0] === address) {
      return route.continue();
    }
    faults.push(`request: ${route.request().url()}`);
    return route.abort();
  });
  await page.goto(address + fragment);
  return { page, faults, close: () => context.close() };
}
