//! Walks on surfaces of two weights: how many updates down to the floor?

use gradbook::optimizer::Kind;
use gradbook::surface::{Surface, walk};
use lessons::{Result, Run};

use crate::contest::RATES;
use crate::paths;

/// The most that a walk may take.
const CAP: usize = 2000;

/// Arrived is who stands no higher than this above the lowest place.
const NEAR: f64 = 0.01;

// ANCHOR: arrival
/// Updates until a walk stands within a hundredth of the lowest value and stays there;
/// `None` if it never does.
pub fn arrival(surface: Surface, kind: Kind, rate: f64) -> Option<usize> {
    let least = surface.minimum().map(|place| surface.value(place))?;
    let places = walk(surface, &mut *kind.build(rate), surface.start(), CAP);
    let high = |place: &[f64; 2]| surface.value(*place) > least + NEAR;
    let last_high = places.iter().rposition(high).map_or(0, |last| last + 1);
    (places.len() > CAP && last_high <= CAP).then_some(last_high)
}
// ANCHOR_END: arrival

/// The rate with which a kind arrives first, and after how many updates.
pub fn best(surface: Surface, kind: Kind) -> Option<(f64, usize)> {
    let arrivals = RATES.iter().filter_map(|&rate| {
        arrival(surface, kind, rate).map(|updates| (rate, updates))
    });
    arrivals.min_by_key(|(_, updates)| *updates)
}

/// The pictures, and who arrives where, each with its own best rate.
pub fn show(run: &mut Run) -> Result {
    run.heading("Surfaces of two weights");
    let caption = "The first 60 updates of six optimizers on five surfaces.";
    run.figure("paths", caption, &paths::every_surface(60))?;
    let counts = [1, 2, 4, 8, 16, 32, 64, 128];
    let frames = paths::over_updates(Surface::Rosenbrock, &counts);
    run.frames("rosenbrock", "Rosenbrock's valley, update by update.", &frames)?;
    run.say(&format!(
        "Updates until the value is within {NEAR} of the lowest and stays there, with \
         the best of {} rates for each optimizer on each surface:",
        RATES.len()
    ));
    let mut rows = vec![];
    for kind in paths::WALKERS {
        let mut row = vec![kind.name().to_string()];
        for surface in Surface::ALL {
            let key = surface.name().replace(' ', "_");
            match best(surface, kind) {
                Some((rate, updates)) => {
                    run.count(&format!("{key}_{kind}_updates"), updates);
                    run.value(&format!("{key}_{kind}_rate"), rate);
                    row.push(format!("{updates} at {rate}"));
                }
                None => row.push("never".into()),
            }
        }
        rows.push(row);
    }
    let mut columns = vec!["optimizer"];
    columns.extend(Surface::ALL.iter().map(|surface| surface.name()));
    run.table(&columns, &rows);
    Ok(())
}
