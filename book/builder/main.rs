//! `cargo book`: build, serve, check and record the Gradbook.

use anyhow::{Context, Result, bail};
use builder::page::Gradbook;
use builder::truth::{Workspace, runs};
use builder::{page, record, serve, site};
use lexopt::prelude::*;
use mdbook_preprocessor::Preprocessor;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const HELP: &str = "\
cargo book                       build the book and serve it, with reload
cargo book serve [--port N] [--out DIR]
cargo book build [--out DIR] [--draft]   write it to target/book, or to DIR
cargo book check                 every directive, number, figure and formula
cargo book record N|all [--plain-only]   run lesson N and record what it says
cargo book verify [N] [--full]   run again and compare with the record
cargo book preprocess            what `mdbook` calls
";

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {}", format!("{error:#}").replace('\n', " "));
            ExitCode::FAILURE
        }
    }
}

/// What was typed after `cargo book`.
#[derive(Default)]
struct Arguments {
    words: Vec<String>,
    out: Option<PathBuf>,
    port: Option<u16>,
    draft: bool,
    plain_only: bool,
    full: bool,
    help: bool,
}

impl Arguments {
    fn parse() -> Result<Self> {
        let mut all = Arguments::default();
        let mut parser = lexopt::Parser::from_env();
        while let Some(argument) = parser.next()? {
            match argument {
                Long("out") => all.out = Some(parser.value()?.into()),
                Long("port") => all.port = Some(parser.value()?.parse()?),
                Long("draft") => all.draft = true,
                Long("plain-only") => all.plain_only = true,
                Long("full") => all.full = true,
                Long("help") | Short('h') => all.help = true,
                Value(word) => all.words.push(word.string()?),
                other => return Err(other.unexpected().into()),
            }
        }
        Ok(all)
    }
}

fn run() -> Result<bool> {
    let arguments = Arguments::parse()?;
    if arguments.help {
        print!("{HELP}");
        return Ok(true);
    }
    let root = root()?;
    let out = arguments.out.clone().unwrap_or_else(|| root.join("target/book"));
    let words: Vec<&str> = arguments.words.iter().map(String::as_str).collect();
    match words[..] {
        [] | ["serve"] => serve::run(&root, &out, arguments.port).map(|()| true),
        ["build"] => build(&root, &out, arguments.draft),
        ["check"] => check(&root),
        ["record", which] => {
            for lesson in lessons(&root, Some(which))? {
                record::record(&root, lesson, arguments.plain_only)?;
            }
            Ok(true)
        }
        ["verify"] => verify(&root, None, arguments.full),
        ["verify", which] => verify(&root, Some(which), arguments.full),
        ["preprocess"] => preprocess(&root),
        ["preprocess", "supports", renderer] => Ok(renderer == "html"),
        _ => bail!("cannot make sense of `{}`: see cargo book --help", words.join(" ")),
    }
}

/// The repository: the folder above us that holds `book/book.toml`.
fn root() -> Result<PathBuf> {
    let here = std::env::current_dir()?;
    let found = here.ancestors().find(|folder| folder.join("book/book.toml").is_file());
    found.map(Path::to_path_buf).context("not inside the Gradbook repository")
}

fn build(root: &Path, out: &Path, draft: bool) -> Result<bool> {
    if !draft && !check(root)? {
        return Ok(false);
    }
    let problems = site::build(root, out, draft)?;
    for problem in &problems {
        eprintln!("{problem}");
    }
    let written = problems.is_empty() || draft;
    if written {
        println!("{}", out.join("index.html").display());
    }
    Ok(written)
}

fn check(root: &Path) -> Result<bool> {
    let problems = page::check(&Workspace::new(root))?;
    for problem in &problems {
        eprintln!("{problem}");
    }
    if !problems.is_empty() {
        let s = if problems.len() == 1 { "" } else { "s" };
        eprintln!("error: {} problem{s} in the book", problems.len());
    }
    Ok(problems.is_empty())
}

/// One lesson by its number, or all that have a chapter.
fn lessons(root: &Path, which: Option<&str>) -> Result<Vec<u32>> {
    match which {
        None | Some("all") => {
            let workspace = Workspace::new(root);
            let pages =
                workspace.pages().map_err(|problem| anyhow::anyhow!("{problem}"))?;
            let numbers = pages.iter().filter_map(|page| {
                page.strip_prefix("lesson")?.strip_suffix(".md")?.parse().ok()
            });
            Ok(numbers.collect())
        }
        Some(word) => {
            let number = word.strip_prefix("lesson").unwrap_or(word).parse::<u32>();
            let number = number.ok().filter(|n| (1..=19).contains(n));
            Ok(vec![number.with_context(|| format!("`{word}` is not a lesson"))?])
        }
    }
}

fn verify(root: &Path, which: Option<&str>, full: bool) -> Result<bool> {
    let lessons = lessons(root, which)?;
    let mut all_hold = true;
    for &lesson in &lessons {
        let check = record::verify(root, lesson, full)?;
        let name = format!("lesson{:02}", check.lesson);
        if check.holds() && lessons.len() > 1 {
            println!("{name}: {} values hold", check.rows.len());
        } else {
            print!("{name}\n{}", runs::table(&check.rows));
        }
        for bench in &check.benches {
            println!("{name}: times of {bench}: not measured again");
        }
        for complaint in &check.complaints {
            println!("{complaint}");
        }
        for figure in &check.lost {
            println!("the chapter shows `{figure}`, but the run no longer draws it");
        }
        all_hold &= check.holds();
    }
    if !all_hold {
        eprintln!("error: a recorded run no longer holds; see CONTRIBUTING.md");
    }
    Ok(all_hold)
}

/// mdBook's protocol: the book as JSON in, the book as JSON out.
fn preprocess(root: &Path) -> Result<bool> {
    let (context, book) = mdbook_preprocessor::parse_input(std::io::stdin().lock())?;
    let gradbook = Gradbook::new(Workspace::new(root), false)?;
    let problems = gradbook.problems();
    let result = gradbook.run(&context, book);
    for problem in problems.lock().map(|list| list.clone()).unwrap_or_default() {
        eprintln!("{problem}");
    }
    serde_json::to_writer(std::io::stdout().lock(), &result?)?;
    Ok(true)
}
