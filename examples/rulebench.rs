use fivewhys::rules::{Catalog, Matcher};
use fivewhys::logs::*;
use fivewhys::window::Spans;
use std::time::Instant;
fn main() {
    let t = Instant::now();
    let loaded = Catalog::embedded();
    println!("load {} rules {} problems {:?}", loaded.catalog.rules().len(), loaded.problems.len(), t.elapsed());
    let t = Instant::now();
    let m = Matcher::new(&loaded.catalog);
    println!("matcher {:?} ungated {}", t.elapsed(), m.ungated().len());
    for r in m.ungated() { println!("  ungated {}", loaded.catalog.rule(*r).id); }
    println!("{}", m.describe());
    let mut texts = vec![];
    for r in loaded.catalog.rules() { let mut y = loaded.texts[&r.path].clone(); y.push('\n'); texts.push(y); }
    let mut many = vec![];
    for i in 0..2000 { many.push((format!("f{}/r{i}.yaml", i % 50), texts[i % texts.len()].clone())); }
    let t = Instant::now();
    let l = Catalog::from_texts(many.iter().map(|(a, b)| (a.as_str(), b.as_str())));
    println!("2000 copies: load {} in {:?}", l.catalog.rules().len(), t.elapsed());
    let t = Instant::now();
    let m2 = Matcher::new(&l.catalog);
    println!("2000 copies: matcher {:?}", t.elapsed());
    let path = std::env::args().nth(1).unwrap();
    let sel = Selection { windows: vec![], reach: Spans::union([(jiff::Timestamp::MIN, jiff::Timestamp::MAX)]) };
    let mut recs = vec![];
    let t = Instant::now();
    pull(&[Source::path(&path)], &sel, &Everything, &mut |r| recs.push(r)).unwrap();
    let bytes: usize = recs.iter().map(|r| r.text.len()).sum();
    println!("pull all {} records {} text bytes {:?}", recs.len(), bytes, t.elapsed());
    for (name, m) in [("catalog", &m), ("2000", &m2)] {
        let t = Instant::now();
        let mut n = 0;
        for r in &recs { m.in_record(r, &mut |_| n += 1); }
        println!("{name}: in_record {n} sightings {:?}", t.elapsed());
        let raws: Vec<String> = recs.iter().flat_map(|r| r.entries.iter()).map(|e| serde_json::Value::Object(e.fields.clone()).to_string()).collect();
        let rb: usize = raws.iter().map(String::len).sum();
        let t = Instant::now();
        let a = raws.iter().filter(|r| m.admits(r.as_bytes())).count();
        println!("{name}: gate {a} of {} admitted, {rb} bytes {:?}", raws.len(), t.elapsed());
    }
}
