//! Two updates by hand, for every optimizer: the same two slopes, other steps.

use gradbook::optimizer::{AdaGrad, Adam, AdamW, Optimizer, RmsProp, Sgd};
use gradbook::surface::Point;
use lessons::{Result, Run};

/// The slopes of the two updates, and the weight before them.
pub const SLOPES: [f64; 2] = [4.0, 3.0];
const START: f64 = 1.0;

/// The rate of all of them.
const RATE: f64 = 0.1;

// ANCHOR: all
/// Every optimizer, with constants that are easy on paper.
pub fn all() -> [(&'static str, Box<dyn Optimizer<f64>>); 8] {
    let (adam, adamw) = (Adam::new(RATE), AdamW::new(RATE));
    let (adam, adamw) = (adam.with_betas(0.5, 0.75), adamw.with_betas(0.5, 0.75));
    [
        ("sgd", Box::new(Sgd::new(RATE))),
        ("momentum", Box::new(Sgd::new(RATE).with_momentum(0.5))),
        ("nesterov", Box::new(Sgd::new(RATE).with_momentum(0.5).with_nesterov())),
        ("adagrad", Box::new(AdaGrad::new(RATE))),
        ("rmsprop", Box::new(RmsProp::new(RATE).with_decay(0.75))),
        ("adam", Box::new(adam.clone())),
        ("adam_l2", Box::new(adam.with_weight_decay(0.5))),
        ("adamw", Box::new(adamw.with_weight_decay(0.5))),
    ]
}
// ANCHOR_END: all

/// The weight after each update.
pub fn updates(optimizer: &mut dyn Optimizer<f64>) -> [f64; 2] {
    let mut point = Point::at([START, 0.0]);
    SLOPES.map(|slope| {
        point.set_slope([slope, 0.0]);
        optimizer.step(&mut point);
        point.place()[0]
    })
}

/// The table of them.
pub fn show(run: &mut Run) -> Result {
    run.heading("Two updates on paper");
    run.say("One weight, 1 at first. Slopes 4 and then 3, learning rate 0.1.");
    let mut rows = vec![];
    for (name, mut optimizer) in all() {
        let [first, second] = updates(&mut *optimizer);
        run.value(&format!("paper_{name}_1"), first);
        run.value(&format!("paper_{name}_2"), second);
        let name = name.replace("_l2", ", L2 penalty 0.5");
        let name = name.replace("adamw", "adamw, decay 0.5");
        rows.push([name, format!("{first:.4}"), format!("{second:.4}")]);
    }
    run.table(&["optimizer", "after one", "after two"], &rows);
    Ok(())
}
