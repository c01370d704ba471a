//! First the disease: learn the homework by heart, and see what it is worth.

use gradbook::Parameters;
use gradbook::plot::{Axis, Chart, Panels, Role, Svg, steps};
use gradbook::train::{Epoch, History};
use lessons::{Result, Run, bail};

use crate::hands::Hands;
use crate::recipe::{Recipe, right};
use crate::sets::{Labels, Open};

/// The same network with and without the watch.
pub fn tell(run: &mut Run, hands: Hands, open: &Open, plain: Recipe) -> Result {
    let parts = open.deal(Labels::Careless, run.seed())?;
    let count = plain.build(hands, run.seed())?.parameter_count();
    run.heading(&format!(
        "By heart: {count} numbers for {} images",
        parts.homework.len()
    ));
    run.count("parameters", count);
    run.count("wrong_labels", parts.wrong);
    run.count("homework_images", parts.homework.len());
    run.count("judge_images", parts.judge.len());
    run.count("watch_images", parts.watch.len());
    run.say(&format!(
        "{} images to learn from; {} of their labels are wrong. {} others to choose \
         by, all labels right.",
        parts.homework.len(),
        parts.wrong,
        parts.judge.len()
    ));
    let learned = plain.learn(hands, &parts, Some(&parts.judge), run.seed())?;
    let history = &learned.history;
    for epoch in &history.epochs {
        if [1, 3, 10, 30, 100].contains(&epoch.number) {
            run.say(&told(epoch));
        }
    }
    let Some(best) = history.best() else { bail!("no epoch, no curve") };
    let (homework, judged) = (right(learned.homework), right(learned.judge));
    run.value("plain_homework", homework);
    run.value("plain_judged", judged);
    run.baseline("plain_judged", 0.1);
    run.value("plain_loss", learned.judge.loss);
    run.value("plain_best_loss", best.judge().loss);
    run.value("plain_best_epoch", best.number as f64);
    run.value("plain_best_judged", right(best.judge()));
    run.say(&format!(
        "In the end it is right for {:.1}% of its homework, wrong labels included, \
         and for {:.1}% of the others. The best loss on those was that of epoch {}.",
        100.0 * homework,
        100.0 * judged,
        best.number
    ));
    run.figure("curves", "Homework and others, epoch by epoch.", &curves(history))
}

/// One line on an epoch.
fn told(epoch: &Epoch) -> String {
    let (train, judge) = (epoch.train, epoch.judge());
    format!(
        "epoch {}: homework loss {:.3}, {:.1}% right; held out loss {:.3}, {:.1}% \
         right",
        epoch.number,
        train.loss,
        100.0 * right(train),
        judge.loss,
        100.0 * right(judge)
    )
}

/// The two that part.
fn curves(history: &History) -> Svg {
    let list = |what: fn(&Epoch) -> f64| -> Vec<f64> {
        history.epochs.iter().map(what).collect()
    };
    let best = history.best().map_or(1.0, |epoch| epoch.number as f64);
    let losses = Chart::new(Axis::new("epoch", ""), Axis::new("loss", "").log())
        .line(Role::Loss, "homework", steps(&list(|epoch| epoch.train.loss)))
        .line(Role::Loss, "held out", steps(&list(|epoch| epoch.judge().loss)))
        .moment("best", best)
        .title("loss")
        .size(370, 340);
    let range = Axis::new("right", "%").range(20.0, 102.0);
    let rights = Chart::new(Axis::new("epoch", ""), range)
        .line(Role::Activations, "homework", steps(&list(|e| 100.0 * right(e.train))))
        .line(Role::Activations, "held out", steps(&list(|e| 100.0 * right(e.judge()))))
        .moment("best loss", best)
        .title("right answers")
        .size(370, 340);
    Panels::new(2).add(losses).add(rights).svg()
}
