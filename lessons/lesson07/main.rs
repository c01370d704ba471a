//! Lesson 07: what if the input is a story?

mod cliff;
#[allow(dead_code, unused_variables, reason = "a stub uses nothing yet")]
mod exercises;
mod hands;
mod microscope;
mod mine;
mod paper;
mod solutions;
mod story;

use gradbook::data::{
    self,
    text::{Corpus, Shares},
};
use hands::Hands;
use lessons::characters::{Recipe, VANILLA};
use lessons::{Flag, Lesson, Result, Run};
use story::Story;

const LESSON: Lesson = Lesson {
    number: 7,
    title: "Recurrent networks",
    question: "What if the input is a story?",
    flags: &[Flag::full("more seeds"), Flag::mine()],
};

fn main() -> std::process::ExitCode {
    lessons::main(LESSON, run)
}

fn run(run: &mut Run) -> Result {
    let args = run.arguments();
    let hands = Hands::new(args.mine);
    paper::show(run)?;
    microscope::show(run, args.seed)?;
    cliff::show(run, hands)?;
    let corpus = Corpus::of("the frozen text", data::prose(), Shares::default())?;
    if args.mine {
        let recipe = Recipe { hidden: 48, epochs: 4, ..VANILLA };
        let mut network = story::learn_mine(run, hands, &corpus, &recipe, args.seed)?;
        return story::write(
            run,
            hands,
            &corpus,
            &mut network,
            ("The ", args.seed),
            &[0.7],
        );
    }
    let mut story = story::learn(run, hands, corpus, &VANILLA, args.seed)?;
    let Story { corpus, network, .. } = &mut story;
    story::write(
        run,
        hands,
        corpus,
        network,
        ("The ", args.seed),
        &[0.0, 0.5, 1.0, 1.5],
    )
}
