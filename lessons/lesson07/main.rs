//! Lesson 07: what if the input is a story?

mod cliff;
#[allow(dead_code, unused_variables, reason = "a stub uses nothing yet")]
mod exercises;
mod explode;
mod full;
mod hands;
mod microscope;
mod mine;
mod mood;
mod names;
mod paper;
mod reach;
mod solutions;
mod story;
#[cfg(test)]
mod tests;

use gradbook::data::{
    self,
    text::{Corpus, Shares},
};
use hands::Hands;
use lessons::characters::{Recipe, VANILLA};
use lessons::{Flag, Lesson, Result, Run};

const LESSON: Lesson = Lesson {
    number: 7,
    title: "Recurrent networks",
    question: "What if the input is a story?",
    flags: &[
        Flag::epochs(VANILLA.epochs),
        Flag::batch(VANILLA.batch),
        Flag::lr(VANILLA.rate),
        Flag::count("hidden", VANILLA.hidden, 1, 4096, "units of the recurrent layer"),
        Flag::count("steps", VANILLA.steps, 1, 4096, "how far gradients go back"),
        Flag::positive("clip", VANILLA.limit, "the longest that a gradient may be"),
        Flag::file("corpus", "learn this UTF-8 text, nothing else"),
        Flag::text("prompt", "TEXT", "The ", "what the model goes on from"),
        Flag::number("temperature", 0.7, 0.0, 100.0, "how freely it writes"),
        Flag::full("three seeds of every training, about a minute"),
        Flag::mine(),
    ],
};

fn main() -> std::process::ExitCode {
    lessons::main(LESSON, run)
}

fn run(run: &mut Run) -> Result {
    let args = run.arguments();
    let (hands, seed) = (Hands::new(args.mine), args.seed);
    let recipe = Recipe {
        hidden: args.count("hidden"),
        steps: args.count("steps"),
        batch: args.batch(VANILLA.batch),
        rate: args.lr(VANILLA.rate),
        limit: args.number("clip"),
        epochs: args.epochs(VANILLA.epochs),
        ..VANILLA
    };
    if let Some(file) = args.file("corpus") {
        let corpus = Corpus::read(file, Shares::default())?;
        return read_and_write(run, hands, corpus, &recipe);
    }
    let corpus = Corpus::of("the frozen text", data::prose(), Shares::default())?;
    paper::show(run)?;
    microscope::show(run, seed)?;
    cliff::show(run, hands)?;
    if args.mine {
        let recipe = Recipe { hidden: 48, epochs: 4, ..recipe };
        return read_and_write(run, hands, corpus, &recipe);
    }
    let mut story = story::learn(run, hands, corpus, &recipe, seed)?;
    story.write(run, hands, &args.text("prompt"), &[0.0, 0.5, 1.0, 1.5])?;
    story::draw_shares(run, &mut story, "The net")?;
    explode::show(run, &story.corpus, seed)?;
    reach::contexts(run, &mut story)?;
    reach::truncation(run, &story.corpus, seed)?;
    reach::echoes(run, seed)?;
    names::show(run, hands, seed)?;
    mood::show(run, seed)?;
    if args.full {
        full::seeds(run, &story.corpus, &recipe, seed)?;
    }
    Ok(())
}

/// A text learned, on the reader's functions if they wish, and gone on with.
fn read_and_write(
    run: &mut Run,
    hands: Hands,
    corpus: Corpus,
    recipe: &Recipe,
) -> Result {
    let args = run.arguments();
    let (prompt, temperature) = (args.text("prompt"), args.number("temperature"));
    match args.mine {
        true => story::learn_mine(run, hands, corpus, recipe, args.seed)?.write(
            run,
            hands,
            &prompt,
            &[temperature],
        ),
        false => story::learn(run, hands, corpus, recipe, args.seed)?.write(
            run,
            hands,
            &prompt,
            &[temperature],
        ),
    }
}
