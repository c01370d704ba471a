//! One exercise: the reader's function, its laws, its hints and its wrong answers.

use super::forall::without_shrinking;
use super::outcome::{Mismatch, Outcome};
use super::panics::{Panic, catch, tracing};

/// Whose function is asked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Who {
    /// The reader's.
    Yours,
    /// The book's.
    Solution,
    /// A known mistake.
    Wrong(usize),
}

/// A law's name and the sentence that states it.
#[derive(Clone, Copy, Debug)]
pub struct Law {
    /// One word, in snake case.
    pub name: &'static str,
    /// The law in words.
    pub words: &'static str,
}

/// A known mistake.
#[derive(Clone, Copy, Debug)]
pub struct Wrong {
    /// One word, in snake case.
    pub name: &'static str,
    /// The name of the law that catches it first.
    pub law: &'static str,
    /// What a good teacher would say about it.
    pub diagnosis: &'static str,
}

/// What is known of an exercise without running anything.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// Such as `5.1`.
    pub number: &'static str,
    /// The function's name.
    pub name: &'static str,
    /// In the order in which they are tried.
    pub laws: Vec<Law>,
    /// Known mistakes.
    pub wrongs: Vec<Wrong>,
    /// From a nudge to nearly the answer.
    pub hints: Vec<&'static str>,
}

impl About {
    /// `5.1 softmax`.
    pub fn title(&self) -> String {
        format!("{} {}", self.number, self.name)
    }

    /// What a stub's panic says.
    pub fn todo(&self) -> String {
        format!("not yet implemented: exercise {}", self.number)
    }
}

/// A fixed sample of a function's behavior, or its panic.
pub type Behavior = Result<Vec<f64>, Panic>;

/// An exercise, whatever its function's type.
pub trait Check: Send + Sync {
    /// Names, laws, wrong answers, hints.
    fn about(&self) -> &About;

    /// Tries one law, by its index.
    fn try_law(&self, who: Who, law: usize) -> Outcome;

    /// Takes the fixed sample of behavior.
    fn probe(&self, who: Who) -> Behavior;

    /// The first law that the function breaks, in order, and how.
    fn first_broken(&self, who: Who) -> Option<(usize, Mismatch)> {
        let laws = 0..self.about().laws.len();
        laws.into_iter()
            .find_map(|law| self.try_law(who, law).err().map(|found| (law, found)))
    }

    /// [`first_broken`](Check::first_broken), without looking for a small input.
    fn first_broken_law(&self, who: Who) -> Option<usize> {
        without_shrinking(|| self.first_broken(who)).map(|(law, _)| law)
    }

    /// The known mistakes that behave like this.
    fn diagnose(&self, behavior: &Behavior) -> Vec<usize> {
        let wrongs = 0..self.about().wrongs.len();
        wrongs.filter(|w| alike(&self.probe(Who::Wrong(*w)), behavior)).collect()
    }
}

/// The two samples are the same up to rounding. Here `NaN` is like `NaN`, and a panic
/// is like another with the same text.
pub fn alike(a: &Behavior, b: &Behavior) -> bool {
    match (a, b) {
        (Ok(a), Ok(b)) => {
            let near = |a: f64, b: f64| {
                let distance = 1e-9 * a.abs().max(b.abs()).max(1.0);
                let finite = a.is_finite() && b.is_finite();
                a == b
                    || (a.is_nan() && b.is_nan())
                    || (finite && (a - b).abs() <= distance)
            };
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| near(*a, *b))
        }
        (Err(a), Err(b)) => a.message == b.message,
        _ => false,
    }
}

type LawOf<F> = Box<dyn Fn(F) -> Outcome + Send + Sync>;
type ProbeOf<F> = Box<dyn Fn(F) -> Vec<f64> + Send + Sync>;

/// An exercise in the making; see the [module](super) for a complete one.
///
/// `F` is the function's type, such as `fn(&[f64]) -> Vec<f64>`, or a tuple of such
/// types when an exercise asks for two functions.
pub struct Exercise<F> {
    about: About,
    yours: F,
    solution: F,
    probe: ProbeOf<F>,
    laws: Vec<LawOf<F>>,
    wrongs: Vec<F>,
}

impl<F: Copy + Send + Sync + 'static> Exercise<F> {
    /// The exercise's number and name, the reader's function and the book's.
    pub fn new(
        number: &'static str,
        name: &'static str,
        yours: F,
        solution: F,
    ) -> Exercise<F> {
        Exercise {
            about: About { number, name, ..About::default() },
            yours,
            solution,
            probe: Box::new(|_| Vec::new()),
            laws: Vec::new(),
            wrongs: Vec::new(),
        }
    }

    /// A fixed sample of behavior: enough inputs to tell all wrong answers apart.
    #[must_use]
    pub fn probe(
        mut self,
        probe: impl Fn(F) -> Vec<f64> + Send + Sync + 'static,
    ) -> Self {
        self.probe = Box::new(probe);
        self
    }

    /// A law: its name, the law in words, and the check. Laws are tried in this order.
    #[must_use]
    pub fn law(
        mut self,
        name: &'static str,
        words: &'static str,
        law: impl Fn(F) -> Outcome + Send + Sync + 'static,
    ) -> Self {
        self.about.laws.push(Law { name, words });
        self.laws.push(Box::new(law));
        self
    }

    /// A known mistake, the name of the law that catches it first, and its diagnosis.
    #[must_use]
    pub fn wrong(
        mut self,
        name: &'static str,
        function: F,
        law: &'static str,
        diagnosis: &'static str,
    ) -> Self {
        self.about.wrongs.push(Wrong { name, law, diagnosis });
        self.wrongs.push(function);
        self
    }

    /// The next hint, a little more telling than the one before.
    #[must_use]
    pub fn hint(mut self, hint: &'static str) -> Self {
        self.about.hints.push(hint);
        self
    }

    /// The finished exercise.
    pub fn build(self) -> Box<dyn Check> {
        Box::new(self)
    }

    fn function(&self, who: Who) -> F {
        match who {
            Who::Yours => self.yours,
            Who::Solution => self.solution,
            Who::Wrong(index) => self.wrongs[index],
        }
    }
}

impl<F: Copy + Send + Sync + 'static> Check for Exercise<F> {
    fn about(&self) -> &About {
        &self.about
    }

    fn try_law(&self, who: Who, law: usize) -> Outcome {
        let function = self.function(who);
        let law = || catch(|| (self.laws[law])(function));
        match law() {
            Ok(outcome) => outcome,
            // Once more, to see where somebody else's code was called.
            Err(panic) if panic.place.is_none() => {
                Err(Mismatch::panicked(tracing(law).err().unwrap_or(panic)))
            }
            Err(panic) => Err(Mismatch::panicked(panic)),
        }
    }

    fn probe(&self, who: Who) -> Behavior {
        let function = self.function(who);
        catch(|| (self.probe)(function))
    }
}
