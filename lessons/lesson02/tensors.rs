//! What other libraries call a tensor, and how this book keeps all of them in a matrix.
//! The chapter shows these lines; the lesson runs them.

use gradbook::Matrix;
use lessons::Run;

/// Shows each tensor of the tour: its shape, and its numbers as they lie in memory.
pub fn in_a_matrix(run: &mut Run) {
    run.heading("Tensors in a matrix");
    run.table(
        &["tensor", "shape", "its columns, one after another as in memory"],
        &tour(),
    );
}

fn tour() -> Vec<[String; 3]> {
    // ANCHOR: shape
    // Petal length and petal width of a setosa, a versicolor and a virginica, in cm.
    let numbers = [1.4, 0.2, 4.7, 1.4, 6.0, 2.5];
    let flowers = Matrix::<f32>::from_column_slice(2, 3, &numbers);
    assert_eq!(flowers.shape(), (2, 3)); // 2 features x 3 examples
    assert_eq!(flowers[(1, 2)], 2.5); // row 1, column 2: the virginica's petal width
    assert_eq!(flowers.as_slice(), numbers); // column after column
    // ANCHOR_END: shape

    // ANCHOR: elementwise
    let millimeters = &flowers * 10.0; // one number meets every entry
    let areas = flowers.component_mul(&flowers); // entry by entry
    let rounded = flowers.map(|x| x.round()); // any function of one number
    // ANCHOR_END: elementwise

    // ANCHOR: broadcast
    // Broadcasting: a 2 x 1 column is used as if it were copied to every example.
    let mean = flowers.column_mean();
    let mut centered = flowers.clone();
    for mut flower in centered.column_iter_mut() {
        flower -= &mean;
    }
    // ANCHOR_END: broadcast

    // ANCHOR: product
    // Product: (1 x 2) times (2 x 3) is 1 x 3, one score for each flower.
    let weights: Matrix<f32> = Matrix::from_row_slice(1, 2, &[1.0, -2.0]);
    let scores = &weights * &flowers;
    assert_eq!(scores.shape(), (1, 3));
    // ANCHOR_END: product

    // ANCHOR: reshape
    // Reshape: the same six numbers in the same places, with a new shape.
    let numbers: Vec<f32> = flowers.clone().data.into();
    let column = Matrix::from_vec(6, 1, numbers);
    assert_eq!(column.as_slice(), flowers.as_slice());
    // ANCHOR_END: reshape

    let pictures = pictures();
    let row = |name: &str, m: &Matrix<f32>| {
        let shape = format!("{} x {}", m.nrows(), m.ncols());
        let columns = m.column_iter().map(|column| {
            column.iter().map(two_decimals).collect::<Vec<_>>().join(" ")
        });
        [name.to_string(), shape, columns.collect::<Vec<_>>().join(" | ")]
    };
    vec![
        row("three flowers", &flowers),
        row("times 10", &millimeters),
        row("times itself", &areas),
        row("rounded", &rounded),
        row("less the mean", &centered),
        row("weights", &weights),
        row("weights * flowers", &scores),
        row("reshaped", &column),
        row("two pictures", &pictures),
    ]
}

/// Rounded to two decimals, the second left out where it is 0.
fn two_decimals(x: &f32) -> String {
    let text = format!("{x:.2}");
    text.strip_suffix('0').unwrap_or(&text).to_string()
}

// ANCHOR: pictures
/// Two color pictures of 1 x 2 pixels: a tensor of rank 4, kept as a matrix.
fn pictures() -> Matrix<f32> {
    let (height, width, channels, examples) = (1, 2, 3, 2);
    let mut pictures = Matrix::zeros(height * width * channels, examples);
    // Where the green (1) of the right pixel (row 0, column 1) of picture 0 lies:
    let (y, x, channel, example) = (0, 1, 1, 0);
    pictures[((y * width + x) * channels + channel, example)] = 1.0;
    pictures
}
// ANCHOR_END: pictures
