//! The nineteen lessons and their parts. The titles are those of the book's summary.

/// The last lesson's number.
pub const LAST: u32 = 19;

/// Each part's title, and the titles of its lessons.
pub const PARTS: [(&str, &[&str]); 4] = [
    ("One neuron", &["Perceptron", "Gradient descent"]),
    (
        "Networks",
        &[
            "Multilayer perceptron",
            "Backpropagation",
            "Training",
            "Convolution",
            "Recurrent networks",
            "LSTM and GRU",
            "Regularization",
            "Optimizers",
        ],
    ),
    (
        "Letting the machine do the calculus",
        &[
            "Autograd",
            "Embeddings",
            "Attention and transformers",
            "Representations",
            "Generating",
            "Reinforcement",
            "Graphs",
            "Shipping",
        ],
    ),
    ("The metal", &["CUDA"]),
];

/// Each part's title, with the numbers and titles of its lessons.
pub fn parts() -> Vec<(&'static str, Vec<(u32, &'static str)>)> {
    let mut next = 0;
    PARTS
        .iter()
        .map(|(title, lessons)| {
            let numbered = lessons.iter().map(|lesson| {
                next += 1;
                (next, *lesson)
            });
            (*title, numbered.collect())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lessons_are_numbered_through() {
        let numbers: Vec<u32> = parts()
            .into_iter()
            .flat_map(|(_, lessons)| lessons)
            .map(|(n, _)| n)
            .collect();
        assert_eq!(numbers, (1..=LAST).collect::<Vec<u32>>());
    }

    #[test]
    fn the_summary_has_the_same_parts_and_titles() {
        let summary = include_str!("../../book/src/SUMMARY.md");
        let parts = parts();
        for ((part, lessons), numeral) in parts.iter().zip(["I", "II", "III", "IV"]) {
            assert!(summary.contains(&format!("# Part {numeral}. {part}\n")), "{part}");
            for (number, title) in lessons {
                assert!(
                    summary.contains(&format!("- [{number}. {title}](")),
                    "{title}"
                );
            }
        }
    }
}
