//! Lesson 05: one answer to each exercise. Yours may look different and be as right.

/// Exercise 5.1: softmax.
pub fn softmax(logits: &[f64]) -> Vec<f64> {
    let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    // The largest exponent is 0, so nothing overflows and the sum is at least 1.
    let powers: Vec<f64> = logits.iter().map(|z| (z - largest).exp()).collect();
    let sum: f64 = powers.iter().sum();
    powers.iter().map(|power| power / sum).collect()
}

/// Exercise 5.2: deal out one epoch.
pub fn mini_batches(
    count: usize,
    size: usize,
    shuffle: &mut dyn FnMut(&mut [usize]),
) -> Vec<Vec<usize>> {
    let mut row: Vec<usize> = (0..count).collect();
    shuffle(&mut row);
    row.chunks(size).map(<[usize]>::to_vec).collect()
}

/// Exercise 5.3: who was taken for whom?
pub fn confusion(
    truths: &[usize],
    answers: &[usize],
    classes: usize,
) -> Vec<Vec<usize>> {
    let mut counts = vec![vec![0; classes]; classes];
    for (&truth, &answer) in truths.iter().zip(answers) {
        counts[truth][answer] += 1;
    }
    counts
}

/// Exercise 5.4: precision, recall and F1, every class counting alike.
pub fn macro_scores(counts: &[Vec<usize>]) -> [f64; 3] {
    let classes = counts.len();
    let mut sums = [0.0; 3];
    for class in 0..classes {
        let right = counts[class][class] as f64;
        let answered: usize = counts.iter().map(|row| row[class]).sum();
        let there: usize = counts[class].iter().sum();
        let precision = share(right, answered as f64);
        let recall = share(right, there as f64);
        let f1 = share(2.0 * precision * recall, precision + recall);
        for (sum, score) in sums.iter_mut().zip([precision, recall, f1]) {
            *sum += score;
        }
    }
    sums.map(|sum| share(sum, classes as f64))
}

/// A division in which nothing of nothing is 0.
fn share(part: f64, whole: f64) -> f64 {
    if whole == 0.0 { 0.0 } else { part / whole }
}

/// Exercise 5.5: is it time to stop?
pub fn early_stop(losses: &[f64], patience: usize) -> (bool, usize) {
    let (mut best, mut number) = (f64::INFINITY, 0);
    for (index, &loss) in losses.iter().enumerate() {
        if loss < best {
            (best, number) = (loss, index + 1);
        }
    }
    let waited = losses.len() - number;
    (waited >= patience, number)
}
