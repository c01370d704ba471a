//! `--full`: how much of each remedy? A few strengths, judged on the images to choose
//! by.

use gradbook::data::Augmentation;
use lessons::{Result, Run, mean_and_spread};

use crate::hands::Hands;
use crate::recipe::{Recipe, STILL};
use crate::remedies::{self, Remedy};
use crate::sets::{Labels, Open};

/// Seeds of each strength.
const SEEDS: u64 = 5;

/// Strengths of five remedies.
pub fn strengths(run: &mut Run, hands: Hands, open: &Open, plain: Recipe) -> Result {
    run.heading(&format!("How much of it? {SEEDS} seeds, some labels wrong"));
    let mut all: Vec<Remedy> = vec![];
    let mut add = |key: &'static str, strength: f64, recipe: Recipe| {
        all.push(Remedy { key, name: format!("{strength}"), recipe });
    };
    for x in [0.001, 0.003, 0.01] {
        add("l1", x, Recipe { l1: x, ..plain });
    }
    for x in [0.01, 0.03, 0.1] {
        add("l2", x, Recipe { l2: x, ..plain });
    }
    for x in [0.5, 0.75, 0.9] {
        add("dropout", x, Recipe { dropout: x, ..plain });
    }
    for x in [0.1, 0.3, 0.6] {
        add("smooth", x, Recipe { smooth: x, ..plain });
    }
    for x in [8, 16, 32] {
        add("smaller", f64::from(x), Recipe { hidden: x as usize, ..plain });
    }
    let tried = remedies::try_all(run, hands, open, all, Labels::Careless, SEEDS)?;
    let mut rows = vec![];
    for (index, one) in tried.iter().enumerate() {
        let judged = one.judged_list();
        let (mean, deviation) = mean_and_spread(&judged);
        run.spread(&format!("strength_{}_{}", one.remedy.key, index % 3 + 1), &judged);
        let cells = format!("{:.1}% ± {:.1}", 100.0 * mean, 100.0 * deviation);
        rows.push([one.remedy.key.to_string(), one.remedy.name.clone(), cells]);
    }
    run.table(&["remedy", "strength", "held out"], &rows);
    Ok(())
}

/// Each part of augmentation alone, on both kinds of labels.
pub fn changes(run: &mut Run, hands: Hands, open: &Open, plain: Recipe) -> Result {
    run.heading(&format!("Which change of the images? {SEEDS} seeds"));
    let changes = [
        ("still", "as they are", STILL),
        ("moved", "moved by a pixel", Augmentation { shift: 1, ..STILL }),
        ("turned", "turned by 15 degrees", Augmentation { degrees: 15.0, ..STILL }),
        ("noisy", "noise of 0.3", Augmentation { noise: 0.3, ..STILL }),
    ];
    let mut rows = changes.map(|(_, name, _)| vec![name.to_string()]);
    for labels in Labels::ALL {
        let remedies = changes.map(|(key, name, augment)| Remedy {
            key,
            name: name.into(),
            recipe: Recipe { augment, ..plain },
        });
        let tried =
            remedies::try_all(run, hands, open, remedies.into(), labels, SEEDS)?;
        for (row, one) in rows.iter_mut().zip(&tried) {
            let judged = one.judged_list();
            let (mean, deviation) = mean_and_spread(&judged);
            run.spread(&format!("{}_{}", one.remedy.key, labels.key()), &judged);
            row.push(format!("{:.1}% ± {:.1}", 100.0 * mean, 100.0 * deviation));
        }
    }
    run.table(&["images", "some labels wrong", "all labels right"], &rows);
    Ok(())
}
