//! The tables of a run.

use std::fs;
use std::path::Path;

use super::corpus::{SCENES, VERSIONS};

/// One picture and what a reader made of it.
struct Row {
    scene: usize,
    version: i16,
    told: String,
    micros: f64,
}

/// Prints what each reader that has run made of the pictures of a folder.
pub(crate) fn print(folder: &Path) {
    for reader in ["himuro", "zxing-cpp", "rqrr"] {
        if let Some(rows) = rows(folder, reader) {
            print_reader(reader, &rows);
        } else {
            println!("{reader}: has not run\n");
        }
    }
}

fn rows(folder: &Path, reader: &str) -> Option<Vec<Row>> {
    let list = fs::read_to_string(folder.join("corpus.tsv")).ok()?;
    let read = fs::read_to_string(folder.join(format!("read-{reader}.tsv"))).ok()?;
    let rows = list.lines().zip(read.lines()).map(|(picture, read)| {
        let mut picture = picture.split('\t');
        let (told, micros) = read.split_once('\t')?;
        Some(Row {
            scene: picture.next()?.parse().ok()?,
            version: picture.next()?.parse().ok()?,
            told: told.to_owned(),
            micros: micros.parse().ok()?,
        })
    });
    rows.collect()
}

fn print_reader(reader: &str, rows: &[Row]) {
    let heads = VERSIONS.map(|v| format!("{:>6}", format!("v{v}"))).concat();
    println!("{reader}, % read{heads}   v5-35");
    for scene in 0..SCENES {
        let of = |versions: &dyn Fn(i16) -> bool| {
            let rows = rows
                .iter()
                .filter(|r| r.scene == scene && versions(r.version));
            percent(rows)
        };
        let each = VERSIONS
            .map(|v| format!("{:>6.1}", of(&|version| version == v)))
            .concat();
        println!(
            "  scene {scene}      {each}  {:>6.1}",
            of(&|version| version <= 35)
        );
    }
    for scene in 0..SCENES {
        let times = times(rows.iter().filter(|r| r.scene == scene && r.version == 25));
        println!("  scene {scene}, v25: {times}");
    }
    println!("  all pictures: {}", times(rows.iter()));
    let count = |what: &str| rows.iter().filter(|r| r.told == what).count();
    println!(
        "  wrong texts {}, panics {}\n",
        count("wrong"),
        count("panic")
    );
}

fn percent<'a>(rows: impl Iterator<Item = &'a Row>) -> f64 {
    let (mut read, mut all) = (0.0, 0.0);
    for row in rows {
        all += 1.0;
        read += if row.told == "ok" { 100.0 } else { 0.0 };
    }
    read / all
}

fn times<'a>(rows: impl Iterator<Item = &'a Row>) -> String {
    let mut millis: Vec<f64> = rows.map(|row| row.micros / 1000.0).collect();
    millis.sort_by(f64::total_cmp);
    let sum: f64 = millis.iter().sum();
    let mean = sum / f64::from(u32::try_from(millis.len()).unwrap_or(u32::MAX));
    let at = |hundredths: usize| millis[(millis.len() - 1) * hundredths / 100];
    format!(
        "CPU ms mean {mean:.1}, median {:.1}, 95 % {:.1}, worst {:.1}",
        at(50),
        at(95),
        at(100)
    )
}
