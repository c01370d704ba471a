//! Lesson 06: the laws of its exercises, the wrong answers we know, and the hints.
//!
//! `cargo test --test lesson06` judges `lessons/lesson06/exercises.rs`.

#[allow(unused_variables, reason = "a stub uses nothing yet")]
#[path = "../lessons/lesson06/exercises.rs"]
mod exercises;
#[path = "../lessons/lesson06/solutions.rs"]
mod solutions;

use gradbook::Matrix;
use harness::*;
use proptest::collection::vec;

type Matrix64 = Matrix<f64>;
type OutputSize = fn(usize, usize, usize, usize) -> usize;
type Convolve = fn(&Matrix64, &Matrix64, usize, usize) -> Matrix64;
type MaxPool = fn(&Matrix64, usize, &Matrix64) -> (Matrix64, Matrix64);
type Im2col = fn(&[f64], [usize; 3], usize, usize, usize) -> Matrix64;
type Col2im = fn(&Matrix64, [usize; 3], usize, usize, usize) -> Vec<f64>;

fn main() -> std::process::ExitCode {
    let exercises = vec![output_size(), convolve(), max_pool(), im2col(), col2im()];
    harness::main(6, exercises)
}

/// Every start of a window, one step after the other, as long as the end lies inside.
fn positions(length: usize, kernel: usize, stride: usize, padding: usize) -> usize {
    let end = length + 2 * padding;
    (0..).step_by(stride).take_while(|start| start + kernel <= end).count()
}

fn output_size() -> Box<dyn Check> {
    let yours = exercises::output_size as OutputSize;
    let ours = solutions::output_size as OutputSize;
    const CASE: [&str; 4] = ["length", "kernel", "stride", "padding"];
    let fits = || {
        // the kernel is never longer than the line
        (1..6_usize, 0..9_usize, 1..5_usize, 0..4_usize)
            .prop_map(|(kernel, more, s, p)| (kernel + more, kernel, s, p))
    };
    let padded = move || {
        // the line alone may be shorter than the kernel
        fits().prop_map(|(l, k, s, p)| (l.saturating_sub(2 * p).max(1), k, s, p))
    };
    Exercise::new("6.1", "output_size", yours, ours)
        .probe(|f| {
            let cases = [
                (5, 3, 2, 1),
                (12, 3, 1, 1),
                (6, 3, 2, 0),
                (7, 2, 3, 2),
                (1, 1, 1, 0),
                (28, 5, 1, 2),
                (3, 8, 2, 1),
                (2, 3, 1, 1),
                (0, 1, 3, 0),
            ];
            cases.into_iter().map(|(l, k, s, p)| f(l, k, s, p) as f64).collect()
        })
        .law(
            "step_by_step",
            "Without padding and with stride 1 the kernel starts at 0, 1, 2, ... and \
             ends on the line.",
            move |f| {
                let case = fits().prop_map(|(l, k, ..)| (l, k));
                given(&["length", "kernel"], case, |&(length, kernel)| {
                    equal(f(length, kernel, 1, 0), positions(length, kernel, 1, 0))
                })
            },
        )
        .law("both_ends", "Padding makes the line longer at both ends.", move |f| {
            let case = padded().prop_map(|(l, k, _, p)| (l, k, p));
            given(&["length", "kernel", "padding"], case, |&(l, k, p)| {
                equal(f(l, k, 1, p), positions(l + 2 * p, k, 1, 0))
            })
        })
        .law(
            "whole_steps",
            "With a stride of s the kernel starts at 0, s, 2s, ...; a window that \
             does not fit any more is none.",
            move |f| {
                given(&CASE, padded(), |&(length, kernel, stride, padding)| {
                    let expected = positions(length, kernel, stride, padding);
                    equal(f(length, kernel, stride, padding), expected)
                })
            },
        )
        .law("too_long", "A kernel longer than the padded line fits nowhere.", |f| {
            let longer = (0..5_usize, 1..9_usize, 1..5_usize, 0..3_usize);
            given(&["length", "longer by", "stride", "padding"], longer, |case| {
                let &(length, more, stride, padding) = case;
                equal(f(length, length + 2 * padding + more, stride, padding), 0)
            })
        })
        .wrong(
            "one_short",
            wrong::one_short as OutputSize,
            "step_by_step",
            "One too few: a kernel as long as the line fits once, not zero times. \
             The difference counts the steps; there is one window more than steps.",
        )
        .wrong(
            "kernel_forgotten",
            wrong::kernel_forgotten as OutputSize,
            "step_by_step",
            "You count every pixel as a start. The last kernel must end on the line, \
             so the starts are fewer by the kernel's length less one.",
        )
        .wrong(
            "one_end",
            wrong::one_end as OutputSize,
            "both_ends",
            "You pad one end only. Padding stands at both ends, so it counts twice.",
        )
        .wrong(
            "no_padding",
            wrong::no_padding as OutputSize,
            "both_ends",
            "You leave the padding out. It makes the line longer before the kernel \
             slides.",
        )
        .wrong(
            "line_too_short",
            wrong::line_too_short as OutputSize,
            "both_ends",
            "A kernel longer than the line, but not longer than the padded line, \
             fits. Compare it with the padded line.",
        )
        .wrong(
            "rounded_up",
            wrong::rounded_up as OutputSize,
            "whole_steps",
            "You round up, so the last window hangs over the end. Round down: only \
             whole steps count.",
        )
        .wrong(
            "all_divided",
            wrong::all_divided as OutputSize,
            "whole_steps",
            "You divide the windows of stride 1 by the stride. The first window \
             needs no step: divide first, then add 1.",
        )
        .wrong(
            "stride_forgotten",
            wrong::stride_forgotten as OutputSize,
            "whole_steps",
            "Your kernel moves one pixel at a time, whatever the stride.",
        )
        .wrong(
            "below_zero",
            wrong::below_zero as OutputSize,
            "too_long",
            "A kernel longer than the line makes your difference negative, and a \
             `usize` cannot be. Look at that case first.",
        )
        .wrong(
            "once_anyway",
            wrong::once_anyway as OutputSize,
            "too_long",
            "A kernel longer than the padded line still fits once with you: \
             `saturating_sub` makes 0 of the negative difference, and then you add 1.",
        )
        .hint("How long is the line once it has padding at both ends?")
        .hint(
            "The kernel first lies at the start. How many pixels are free behind it? \
             Each whole stride in there is one more position.",
        )
        .hint(
            "`(padded - kernel) / stride + 1`, with the division of whole numbers, \
             but only if `kernel <= padded`.",
        )
        .build()
}

/// The pixel, or 0 outside the image.
fn pixel(image: &Matrix64, row: isize, column: isize) -> f64 {
    let inside = |i: isize| usize::try_from(i).ok();
    let at = inside(row).zip(inside(column));
    at.and_then(|at| image.get(at)).copied().unwrap_or(0.0)
}

/// The image with a border of zeros.
fn bordered(image: &Matrix64, border: usize) -> Matrix64 {
    let (rows, columns) = image.shape();
    Matrix64::from_fn(rows + 2 * border, columns + 2 * border, |y, x| {
        pixel(image, y as isize - border as isize, x as isize - border as isize)
    })
}

/// An image and a kernel that fits on it, with a stride and a padding.
fn sliding() -> impl Strategy<Value = (Matrix64, Matrix64, usize, usize)> {
    let sides = (1..4_usize, 1..4_usize, 0..4_usize, 0..4_usize);
    let numbers = (vec(halves(), 36), vec(halves(), 9));
    (sides, numbers, 1..4_usize, 0..3_usize).prop_map(
        |(sides, (image, kernel), s, p)| {
            let (kh, kw, more_rows, more_columns) = sides;
            let (rows, columns) = (kh + more_rows, kw + more_columns);
            let image =
                Matrix64::from_row_slice(rows, columns, &image[..rows * columns]);
            let kernel = Matrix64::from_row_slice(kh, kw, &kernel[..kh * kw]);
            (image, kernel, s, p)
        },
    )
}

/// The definition, written as one.
fn by_definition(image: &Matrix64, kernel: &Matrix64, s: usize, p: usize) -> Matrix64 {
    let rows = positions(image.nrows(), kernel.nrows(), s, p);
    let columns = positions(image.ncols(), kernel.ncols(), s, p);
    let wide = bordered(image, p);
    Matrix64::from_fn(rows, columns, |y, x| {
        wide.view((y * s, x * s), kernel.shape()).component_mul(kernel).sum()
    })
}

fn numbers(matrix: &Matrix64) -> Vec<f64> {
    let sides = [matrix.nrows() as f64, matrix.ncols() as f64];
    sides.into_iter().chain(matrix.iter().copied()).collect()
}

fn convolve() -> Box<dyn Check> {
    let yours = exercises::convolve as Convolve;
    let ours = solutions::convolve as Convolve;
    const CASE: [&str; 4] = ["image", "kernel", "stride", "padding"];
    Exercise::new("6.2", "convolve", yours, ours)
        .probe(|f| {
            let image = Matrix64::from_fn(5, 4, |y, x| (y * y + 3 * x) as f64 - 4.0);
            let kernel = Matrix64::from_row_slice(2, 3, &[1., -2., 0.5, 3., 0.25, -1.]);
            let cases = [(1, 0), (1, 1), (2, 0), (2, 1), (3, 2)];
            let square = Matrix64::from_row_slice(2, 2, &[1., 2., 3., 5.]);
            let mut all = numbers(&f(&image, &square, 1, 0));
            for (stride, padding) in cases {
                all.extend(numbers(&f(&image, &kernel, stride, padding)));
            }
            all
        })
        .law("size", "There is a number for each position of the kernel.", |f| {
            given(&CASE, sliding(), |(image, kernel, s, p)| {
                let seen = f(image, kernel, *s, *p).shape();
                equal(seen, by_definition(image, kernel, *s, *p).shape())
            })
        })
        .law(
            "one_weight",
            "A kernel of zeros with a single 1 picks the pixel under that 1.",
            |f| {
                let case = (sliding(), 0..9_usize).prop_map(|(case, one)| {
                    let (image, mut kernel, ..) = case;
                    let at = (one / 3 % kernel.nrows(), one % kernel.ncols());
                    kernel.fill(0.0);
                    kernel[at] = 1.0;
                    (image, kernel)
                });
                given(&["image", "kernel"], case, |(image, kernel)| {
                    let (kh, kw) = kernel.shape();
                    let (rows, columns) = (image.nrows() - kh, image.ncols() - kw);
                    let places = (0..kh * kw).map(|i| (i / kw, i % kw));
                    let one = places.into_iter().find(|&at| kernel[at] == 1.0);
                    let at = one.unwrap_or((0, 0));
                    let picked = image.view(at, (rows + 1, columns + 1));
                    near_matrix(f(image, kernel, 1, 0), picked.into_owned())
                })
            },
        )
        .law(
            "every_step",
            "A stride of s keeps every s-th row and column of what stride 1 gives.",
            |f| {
                let case = sliding().prop_map(|(i, k, s, _)| (i, k, s));
                given(&CASE[..3], case, |(image, kernel, s)| {
                    let all = by_definition(image, kernel, 1, 0);
                    let seen = f(image, kernel, *s, 0);
                    let (rows, columns) = seen.shape();
                    let inside = rows == all.nrows().div_ceil(*s)
                        && columns == all.ncols().div_ceil(*s);
                    ensure(inside, format!("The answer is {rows} x {columns}."))?;
                    let kept =
                        Matrix64::from_fn(rows, columns, |y, x| all[(y * s, x * s)]);
                    near_matrix(seen, kept)
                })
            },
        )
        .law(
            "border_of_zeros",
            "Padding is a border of zeros around the image, and nothing else.",
            |f| {
                given(&CASE, sliding(), |(image, kernel, s, p)| {
                    let wide = bordered(image, *p);
                    let expected = by_definition(&wide, kernel, *s, 0);
                    near_matrix(f(image, kernel, *s, *p), expected)
                })
            },
        )
        .wrong(
            "same_size",
            wrong::same_size as Convolve,
            "size",
            "Your answer is as large as the image. Its size is that of exercise 6.1, \
             and only some paddings make it the same.",
        )
        .wrong(
            "size_not_padded",
            wrong::size_not_padded as Convolve,
            "size",
            "Your answer is too small when there is padding: the padded image has \
             room for more positions.",
        )
        .wrong(
            "turned_round",
            wrong::turned_round as Convolve,
            "one_weight",
            "You turn the kernel by half a turn. That is convolution in mathematics; \
             networks use the kernel as it stands. Learned weights do not mind, but \
             everybody must agree.",
        )
        .wrong(
            "averaged",
            wrong::averaged as Convolve,
            "one_weight",
            "You divide by the number of weights. A convolution is a sum, not a mean.",
        )
        .wrong(
            "row_offset_lost",
            wrong::row_offset_lost as Convolve,
            "one_weight",
            "Every row of your kernel looks at the first row of its window. Add `dy` \
             to the image's row, as you add `dx` to its column.",
        )
        .wrong(
            "stride_in_size_only",
            wrong::stride_in_size_only as Convolve,
            "every_step",
            "Your answer has the right size, but the windows still move one pixel at \
             a time: row `y` must look at row `y * stride` of the image.",
        )
        .wrong(
            "kernel_spread",
            wrong::kernel_spread as Convolve,
            "every_step",
            "You multiply the place inside the kernel by the stride as well. The \
             stride moves the window; inside it the pixels are neighbors.",
        )
        .wrong(
            "padding_not_subtracted",
            wrong::padding_not_subtracted as Convolve,
            "border_of_zeros",
            "You made room for the padding, but your first window starts at the \
             image's first pixel. It starts `padding` rows above and columns before \
             it.",
        )
        .wrong(
            "edge_repeated",
            wrong::edge_repeated as Convolve,
            "border_of_zeros",
            "Outside the image you see its edge pixels again. The padding here is \
             zeros.",
        )
        .wrong(
            "wrapped",
            wrong::wrapped as Convolve,
            "border_of_zeros",
            "What leaves the image on one side comes back on the other. Outside the \
             image is 0.",
        )
        .hint(
            "Four loops: over the rows and columns of the answer, and inside, over \
             the rows and columns of the kernel. `Matrix64::from_fn(rows, columns, \
             |y, x| ..)` does the first two.",
        )
        .hint("Which pixel of the image lies under weight (dy, dx) at position (y, x)?")
        .hint(
            "Row `y * stride + dy - padding`, column `x * stride + dx - padding`. \
             Both can fall outside, and a `usize` cannot be negative.",
        )
        .hint(
            "`(y * stride + dy).checked_sub(padding)` is `None` above the image, and \
             `image.get((row, column))` is `None` below or behind it.",
        )
        .build()
}

/// A map, a size and a slope for each square. The numbers of the map are all different:
/// whole numbers around 0, or all of them a quarter as large, or very large.
fn pooling() -> impl Strategy<Value = (Matrix64, usize, Matrix64)> {
    let sides = (1..4_usize, 1..3_usize, 1..3_usize, 0..3_usize, 0..3_usize);
    let scale = one_of(&[1.0, 0.25, 1e6]);
    let drawn = (sides, vec(0..40_u8, 64), vec(halves(), 4), scale);
    drawn.prop_map(|(sides, keys, grad, scale)| {
        let (size, rows, columns, below, behind) = sides;
        let (height, width) =
            (rows * size + below % size, columns * size + behind % size);
        let rank = |i: usize| {
            (0..height * width).filter(|&j| (keys[j], j) < (keys[i], i)).count() as f64
        };
        let middle = (height * width / 2) as f64;
        let map = Matrix64::from_fn(height, width, |y, x| {
            scale * (rank(y * width + x) - middle)
        });
        (map, size, Matrix64::from_row_slice(rows, columns, &grad[..rows * columns]))
    })
}

/// The largest number of each square.
fn largest(map: &Matrix64, size: usize) -> Matrix64 {
    Matrix64::from_fn(map.nrows() / size, map.ncols() / size, |y, x| {
        map.view((y * size, x * size), (size, size)).max()
    })
}

/// The slopes at the first place of each square that holds its largest number.
fn slopes(map: &Matrix64, size: usize, grad: &Matrix64) -> Matrix64 {
    let mut slopes = Matrix64::zeros(map.nrows(), map.ncols());
    for (y, x) in (0..grad.nrows()).flat_map(|y| (0..grad.ncols()).map(move |x| (y, x)))
    {
        let square = map.view((y * size, x * size), (size, size));
        let places = (0..size * size).map(|i| (i / size, i % size));
        let most = square.max();
        if let Some((dy, dx)) = places.into_iter().find(|&at| square[at] == most) {
            slopes[(y * size + dy, x * size + dx)] = grad[(y, x)];
        }
    }
    slopes
}

fn max_pool() -> Box<dyn Check> {
    let yours = exercises::max_pool as MaxPool;
    let ours = solutions::max_pool as MaxPool;
    const CASE: [&str; 3] = ["map", "size", "grad"];
    Exercise::new("6.3", "max_pool", yours, ours)
        .probe(|f| {
            let map = |y: usize, x: usize| ((7 * y + 5 * x * x) % 11) as f64 - 12.0;
            let map = Matrix64::from_fn(5, 7, map);
            let grad = |rows, columns| {
                Matrix64::from_fn(rows, columns, |y, x| 1.5 + y as f64 - 2.0 * x as f64)
            };
            let flat = Matrix64::from_row_slice(2, 2, &[3., 1., 3., 3.]);
            let both =
                |(a, b): (Matrix64, Matrix64)| [numbers(&a), numbers(&b)].concat();
            let cases = [f(&map, 2, &grad(2, 3)), f(&map, 3, &grad(1, 2))];
            let mut all: Vec<f64> = cases.into_iter().flat_map(both).collect();
            all.extend(both(f(&flat, 2, &grad(1, 1))));
            all
        })
        .law(
            "shapes",
            "The first matrix is as large as `grad`, the second as the map.",
            |f| {
                given(&CASE, pooling(), |(map, size, grad)| {
                    let (pooled, slopes) = f(map, *size, grad);
                    equal(pooled.shape(), grad.shape())?;
                    equal(slopes.shape(), map.shape())
                })
            },
        )
        .law("largest", "Every square gives its largest number.", |f| {
            given(&CASE, pooling(), |(map, size, grad)| {
                near_matrix(f(map, *size, grad).0, largest(map, *size))
            })
        })
        .law("total", "The slopes of the map add up to those in `grad`.", |f| {
            given(&CASE, pooling(), |(map, size, grad)| {
                near(f(map, *size, grad).1.sum(), grad.sum())
            })
        })
        .law(
            "winner",
            "The whole slope goes to the place of the largest number.",
            |f| {
                given(&CASE, pooling(), |(map, size, grad)| {
                    near_matrix(f(map, *size, grad).1, slopes(map, *size, grad))
                })
            },
        )
        .law(
            "first_of_equals",
            "Among equal largest numbers the first takes all, row by row.",
            |f| {
                let case = pooling().prop_map(|(map, size, grad)| {
                    (map.map(|x| (x / 4.0).round() + 0.0), size, grad)
                });
                given(&CASE, case, |(map, size, grad)| {
                    near_matrix(f(map, *size, grad).1, slopes(map, *size, grad))
                })
            },
        )
        .wrong(
            "rounded_up",
            wrong::pool_rounded_up as MaxPool,
            "shapes",
            "You keep the squares that are not full. Leave out the rows and columns \
             at the end that fill no square.",
        )
        .wrong(
            "sliding",
            wrong::pool_sliding as MaxPool,
            "shapes",
            "Your square moves by one pixel. It moves by its own size, so that \
             squares lie side by side.",
        )
        .wrong(
            "mean",
            wrong::pool_mean as MaxPool,
            "largest",
            "That is average pooling: the mean of each square, and the slope shared \
             by all its places. Max pooling keeps one number.",
        )
        .wrong(
            "from_zero",
            wrong::pool_from_zero as MaxPool,
            "largest",
            "Your search for the largest starts from 0, so in a square of negative \
             numbers it finds 0, which is not there. Start from the first number.",
        )
        .wrong(
            "from_zero_at_first",
            wrong::pool_from_zero_at_first as MaxPool,
            "largest",
            "Your search for the largest starts from 0, so in a square of negative \
             numbers nothing wins, and 0 comes out. Start from the first number.",
        )
        .wrong(
            "largest_size",
            wrong::pool_by_size as MaxPool,
            "largest",
            "You compare without the sign: -9 is not larger than 2.",
        )
        .wrong(
            "ones",
            wrong::pool_ones as MaxPool,
            "total",
            "You put a 1 at each winner. Put the slope from `grad` there: this is a \
             step of the chain rule.",
        )
        .wrong(
            "to_everybody",
            wrong::pool_to_everybody as MaxPool,
            "total",
            "Every place of a square gets the slope. Nudging a number that is not \
             the largest changes nothing, so its slope is 0.",
        )
        .wrong(
            "shared",
            wrong::pool_shared as MaxPool,
            "winner",
            "You share the slope out among all places of the square. That is right \
             for a mean. Here one place decided, and it gets all.",
        )
        .wrong(
            "first_place",
            wrong::pool_first_place as MaxPool,
            "winner",
            "The slope goes to the first place of each square, not to the winner. \
             Remember where the largest number stood.",
        )
        .wrong(
            "last_of_equals",
            wrong::pool_last_of_equals as MaxPool,
            "first_of_equals",
            "Among equal numbers your winner is the last. With `>` instead of `>=` \
             the first one stays.",
        )
        .wrong(
            "all_equals",
            wrong::pool_all_equals as MaxPool,
            "first_of_equals",
            "Every place that equals the largest number gets the whole slope. Only \
             one may: the first.",
        )
        .hint(
            "How many squares are there? A division of whole numbers leaves the \
             rest.",
        )
        .hint(
            "The square of answer (y, x) starts at row `y * size`, column `x * size` \
             of the map.",
        )
        .hint(
            "Keep the *place* of the largest number so far, not the number: `if \
             map[(row, column)] > map[winner] { winner = (row, column); }`.",
        )
        .hint(
            "Then `pooled[(y, x)] = map[winner]` and `grad_map[winner] = grad[(y, \
             x)]`.",
        )
        .build()
}

/// An image with its shape, and a kernel, a stride and a padding that fit.
type Windows = (Vec<f64>, [usize; 3], usize, usize, usize);

const WINDOWS: [&str; 5] = ["image", "shape", "kernel", "stride", "padding"];

fn windows() -> impl Strategy<Value = Windows> {
    let sides = (1..4_usize, 0..4_usize, 0..4_usize, 1..4_usize);
    let case = (sides, 1..4_usize, 0..3_usize, vec(halves(), 108));
    case.prop_map(|((kernel, more_rows, more_columns, channels), s, p, numbers)| {
        let shape = [kernel + more_rows, kernel + more_columns, channels];
        (numbers[..shape.iter().product()].to_vec(), shape, kernel, s, p)
    })
}

/// An image with just one window, which sees all of it.
fn one_window() -> impl Strategy<Value = Windows> {
    windows().prop_map(|(image, [_, _, channels], k, s, _)| {
        (image[..k * k * channels].to_vec(), [k, k, channels], k, s, 0)
    })
}

/// Entry (dy, dx, c) of the window at (y, x), from the definition.
fn seen(case: &Windows, [y, x]: [usize; 2], [dy, dx, c]: [usize; 3]) -> f64 {
    let &(ref image, [height, width, channels], _, s, p) = case;
    let row = (y * s + dy).checked_sub(p).filter(|row| *row < height);
    let column = (x * s + dx).checked_sub(p).filter(|column| *column < width);
    row.zip(column)
        .map_or(0.0, |(row, column)| image[(row * width + column) * channels + c])
}

fn patches(case: &Windows) -> Matrix64 {
    let &(_, [height, width, channels], kernel, s, p) = case;
    let rows = positions(height, kernel, s, p);
    let columns = positions(width, kernel, s, p);
    Matrix64::from_fn(kernel * kernel * channels, rows * columns, |entry, column| {
        let (place, c) = (entry / channels, entry % channels);
        let within = [place / kernel, place % kernel, c];
        seen(case, [column / columns, column % columns], within)
    })
}

fn im2col() -> Box<dyn Check> {
    let (yours, ours) = (exercises::im2col as Im2col, solutions::im2col as Im2col);
    Exercise::new("6.4", "im2col", yours, ours)
        .probe(|f| {
            let image: Vec<f64> = (0..40).map(|i| f64::from(i * i % 41)).collect();
            let cases = [
                ([2, 3, 1], 2, 1, 0),
                ([3, 4, 2], 2, 1, 0),
                ([3, 4, 2], 2, 2, 1),
                ([4, 5, 2], 3, 1, 1),
                ([5, 4, 1], 2, 3, 2),
            ];
            let one = |(shape, kernel, s, p): ([usize; 3], _, _, _)| {
                numbers(&f(&image[..shape.iter().product()], shape, kernel, s, p))
            };
            cases.into_iter().flat_map(one).collect()
        })
        .law(
            "shape",
            "A row for each number that the kernel sees, a column for each position.",
            |f| {
                given(&WINDOWS, windows(), |case| {
                    let (image, shape, k, s, p) = case;
                    equal(f(image, *shape, *k, *s, *p).shape(), patches(case).shape())
                })
            },
        )
        .law(
            "one_window",
            "A kernel as large as the image sees all of it, as it is laid out.",
            |f| {
                given(&WINDOWS, one_window(), |(image, shape, k, s, p)| {
                    near_slice(f(image, *shape, *k, *s, *p).as_slice(), image)
                })
            },
        )
        .law(
            "single_pixels",
            "A kernel of one pixel has the pixels in its columns, row by row.",
            |f| {
                let case = windows().prop_map(|(image, shape, ..)| (image, shape));
                given(&WINDOWS[..2], case, |(image, shape)| {
                    near_slice(f(image, *shape, 1, 1, 0).as_slice(), image)
                })
            },
        )
        .law("every_step", "Windows move by the stride.", |f| {
            let bare = windows().prop_map(|(i, shape, k, s, _)| (i, shape, k, s, 0));
            given(&WINDOWS, bare, |case| {
                let (image, shape, k, s, p) = case;
                near_matrix(f(image, *shape, *k, *s, *p), patches(case))
            })
        })
        .law("border_of_zeros", "Outside the image a window sees zeros.", |f| {
            given(&WINDOWS, windows(), |case| {
                let (image, shape, k, s, p) = case;
                near_matrix(f(image, *shape, *k, *s, *p), patches(case))
            })
        })
        .law(
            "convolution",
            "The weights in a row, times these columns, are the convolution.",
            |f| {
                let square = sliding().prop_map(|(image, kernel, s, p)| {
                    let k = kernel.nrows().min(kernel.ncols());
                    (image, kernel.view((0, 0), (k, k)).into_owned(), s, p)
                });
                given(&["image", "kernel", "stride", "padding"], square, |case| {
                    let (image, kernel, s, p) = case;
                    let k = kernel.nrows();
                    let rows_of = |m: &Matrix64| m.transpose().as_slice().to_vec();
                    let shape = [image.nrows(), image.ncols(), 1];
                    let patches = f(&rows_of(image), shape, k, *s, *p);
                    let weights = Matrix64::from_row_slice(1, k * k, &rows_of(kernel));
                    let product = weights * patches;
                    let expected = by_definition(image, kernel, *s, *p);
                    near_slice(product.as_slice(), rows_of(&expected))
                })
            },
        )
        .wrong(
            "transposed",
            wrong::im2col_transposed as Im2col,
            "shape",
            "Your windows lie in rows. Put each in a column, so that a row of \
             weights times the matrix gives a number for every window.",
        )
        .wrong(
            "one_channel",
            wrong::im2col_one_channel as Im2col,
            "shape",
            "Only the first channel is there. A window holds all channels of its \
             pixels.",
        )
        .wrong(
            "channels_apart",
            wrong::im2col_channels_apart as Im2col,
            "one_window",
            "Your columns hold one channel after the other. The channels of one \
             pixel stay together, as in the image.",
        )
        .wrong(
            "columns_first",
            wrong::im2col_columns_first as Im2col,
            "one_window",
            "You read each window column by column. Read it row by row.",
        )
        .wrong(
            "planes",
            wrong::im2col_planes as Im2col,
            "one_window",
            "You read the image as if it held one channel after the other. Here the \
             channels are the fastest: `(y * width + x) * channels + c`.",
        )
        .wrong(
            "down_then_across",
            wrong::im2col_down_then_across as Im2col,
            "single_pixels",
            "Your windows come column by column of positions. The second one lies to \
             the right of the first.",
        )
        .wrong(
            "stride_in_size_only",
            wrong::im2col_stride_in_size_only as Im2col,
            "every_step",
            "You count the windows with the stride, but move them by one pixel. \
             Window (y, x) starts at `y * stride`, `x * stride`.",
        )
        .wrong(
            "padding_not_subtracted",
            wrong::im2col_padding_not_subtracted as Im2col,
            "border_of_zeros",
            "You made room for the padding, but your first window starts at the \
             image's first pixel. Subtract the padding from row and column.",
        )
        .wrong(
            "edge_repeated",
            wrong::im2col_edge_repeated as Im2col,
            "border_of_zeros",
            "Outside the image you see its edge again. It must be 0.",
        )
        .wrong(
            "next_row",
            wrong::im2col_next_row as Im2col,
            "border_of_zeros",
            "Behind the end of a row you see the start of the next one: the index lies \
             inside `image`, the column does not. Check row and column apart.",
        )
        .hint("How many rows has the answer, how many columns? Start from zeros.")
        .hint(
            "Five loops: over y and x of the position, over dy and dx of the window, \
             over c. Each finds one entry and one number of the image.",
        )
        .hint(
            "The entry: row `(dy * kernel + dx) * channels + c`, column `y * columns \
             + x`, where `columns` is the number of positions across.",
        )
        .hint(
            "The pixel: row `y * stride + dy - padding`, column `x * stride + dx - \
             padding`. Skip it if it lies outside; `checked_sub` helps.",
        )
        .build()
}

/// A slope for each entry of the patches, made from the numbers of the case.
fn slopes_of(case: &Windows) -> Matrix64 {
    let (rows, columns) = patches(case).shape();
    let image = &case.0;
    Matrix64::from_fn(rows, columns, |i, j| {
        image[(3 * i + 7 * j) % image.len()] + (i + 2 * j) as f64
    })
}

fn col2im() -> Box<dyn Check> {
    let (yours, ours) = (exercises::col2im as Col2im, solutions::col2im as Col2im);
    Exercise::new("6.5", "col2im", yours, ours)
        .probe(|f| {
            let cases = [
                ([2, 3, 1], 2, 1, 0),
                ([3, 4, 2], 2, 1, 0),
                ([3, 4, 2], 2, 2, 1),
                ([4, 5, 2], 3, 1, 1),
                ([5, 4, 1], 2, 3, 2),
            ];
            let one = |([height, width, channels], k, s, p): ([usize; 3], _, _, _)| {
                let windows = positions(height, k, s, p) * positions(width, k, s, p);
                let slope = |i: usize, j: usize| (i * i + 3 * j) as f64 - 7.5;
                let slopes = Matrix64::from_fn(k * k * channels, windows, slope);
                f(&slopes, [height, width, channels], k, s, p)
            };
            cases.into_iter().flat_map(one).collect()
        })
        .law("length", "The answer has a slope for each number of the image.", |f| {
            given(&WINDOWS, windows(), |case| {
                let (image, shape, k, s, p) = case;
                equal(f(&slopes_of(case), *shape, *k, *s, *p).len(), image.len())
            })
        })
        .law("one_window", "A window as large as the image comes back as it is.", |f| {
            let named = ["patches", "shape", "kernel", "stride", "padding"];
            let case = one_window().prop_map(|(slopes, shape, k, s, p)| {
                let rows = slopes.len();
                (Matrix64::from_vec(rows, 1, slopes), shape, k, s, p)
            });
            given(&named, case, |(column, shape, k, s, p)| {
                near_slice(f(column, *shape, *k, *s, *p), column.as_slice())
            })
        })
        .law(
            "counts",
            "Slopes of 1 everywhere give each pixel the number of windows that see it.",
            |f| {
                given(&WINDOWS, windows(), |case| {
                    let &(_, shape @ [height, width, channels], k, s, p) = case;
                    let (rows, columns) = patches(case).shape();
                    let ones = Matrix64::from_element(rows, columns, 1.0);
                    // the windows along one side that see place i
                    let along = |length: usize, i: usize| {
                        let starts = (0..positions(length, k, s, p)).map(|n| n * s);
                        starts.filter(|a| (*a..a + k).contains(&(i + p))).count()
                    };
                    let count = |i: usize| {
                        let (y, x) = (i / channels / width, i / channels % width);
                        (along(height, y) * along(width, x)) as f64
                    };
                    let expected: Vec<f64> =
                        (0..height * width * channels).map(count).collect();
                    near_slice(f(&ones, shape, k, s, p), expected)
                })
            },
        )
        .law(
            "adjoint",
            "For every image and every g: the product of im2col(image) and g, entry \
             by entry, adds up to the same as that of the image and col2im(g).",
            |f| {
                given(&WINDOWS, windows(), |case| {
                    let (image, shape, k, s, p) = case;
                    let slopes = slopes_of(case);
                    let back = f(&slopes, *shape, *k, *s, *p);
                    let there = patches(case).dot(&slopes);
                    near(image.iter().zip(&back).map(|(a, b)| a * b).sum(), there)
                })
            },
        )
        .wrong(
            "border_kept",
            wrong::col2im_border_kept as Col2im,
            "length",
            "You return the padded image. The border is not part of the image: cut \
             it off.",
        )
        .wrong(
            "channels_apart",
            wrong::col2im_channels_apart as Col2im,
            "one_window",
            "You read the columns as one channel after the other. Entry `(dy * \
             kernel + dx) * channels + c` belongs to channel c.",
        )
        .wrong(
            "columns_first",
            wrong::col2im_columns_first as Col2im,
            "one_window",
            "You read each window column by column. It lies there row by row.",
        )
        .wrong(
            "set_not_added",
            wrong::col2im_set_not_added as Col2im,
            "counts",
            "A pixel that several windows saw keeps the slope of the last one only. \
             It was used in all of them: add, with `+=`.",
        )
        .wrong(
            "averaged",
            wrong::col2im_averaged as Col2im,
            "counts",
            "You take the mean over the windows that saw a pixel. Slopes from \
             several uses add up; nothing divides them.",
        )
        .wrong(
            "stride_forgotten",
            wrong::col2im_stride_forgotten as Col2im,
            "counts",
            "You put the windows one pixel apart. Window (y, x) came from `y * \
             stride`, `x * stride`.",
        )
        .wrong(
            "padding_not_subtracted",
            wrong::col2im_padding_not_subtracted as Col2im,
            "counts",
            "Your windows lie too far down and to the right. Subtract the padding \
             from row and column, as on the way there.",
        )
        .wrong(
            "padding_to_the_edge",
            wrong::col2im_padding_to_the_edge as Col2im,
            "counts",
            "The slopes of the padding end up on the edge pixels. The padding is \
             zeros that nobody can change: drop them.",
        )
        .wrong(
            "next_row",
            wrong::col2im_next_row as Col2im,
            "counts",
            "What hangs over the end of a row lands at the start of the next one: the \
             index lies inside the image, the column does not. Check row and column \
             apart.",
        )
        .wrong(
            "windows_transposed",
            wrong::col2im_windows_transposed as Col2im,
            "adjoint",
            "Your windows come in the wrong order: you go down first. Column `y * \
             columns + x` belongs to the window at (y, x).",
        )
        .hint("Start from zeros, one for each number of the image.")
        .hint(
            "The loops are those of exercise 6.4: the same entry, the same pixel. \
             Only the arrow turns round.",
        )
        .hint(
            "There the line was `patches[(entry, column)] = image[index]`. Here it \
             is `image[index] += patches[(entry, column)]`. Why `+=`?",
        )
        .build()
}

/// The mistakes that we know.
mod wrong {
    use super::{Matrix64, bordered, positions, solutions};

    pub fn one_short(l: usize, k: usize, s: usize, p: usize) -> usize {
        solutions::output_size(l, k, s, p).saturating_sub(1)
    }

    pub fn kernel_forgotten(l: usize, k: usize, s: usize, p: usize) -> usize {
        if k > l + 2 * p { 0 } else { (l + 2 * p - 1) / s + 1 }
    }

    pub fn one_end(l: usize, k: usize, s: usize, p: usize) -> usize {
        solutions::output_size(l + p, k, s, 0)
    }

    pub fn no_padding(l: usize, k: usize, s: usize, _p: usize) -> usize {
        solutions::output_size(l, k, s, 0)
    }

    pub fn line_too_short(l: usize, k: usize, s: usize, p: usize) -> usize {
        if k > l { 0 } else { solutions::output_size(l, k, s, p) }
    }

    pub fn rounded_up(l: usize, k: usize, s: usize, p: usize) -> usize {
        if k > l + 2 * p { 0 } else { (l + 2 * p - k).div_ceil(s) + 1 }
    }

    pub fn all_divided(l: usize, k: usize, s: usize, p: usize) -> usize {
        if k > l + 2 * p { 0 } else { (l + 2 * p - k + 1) / s }
    }

    pub fn stride_forgotten(l: usize, k: usize, _s: usize, p: usize) -> usize {
        solutions::output_size(l, k, 1, p)
    }

    pub fn below_zero(l: usize, k: usize, s: usize, p: usize) -> usize {
        (l + 2 * p - k) / s + 1
    }

    pub fn once_anyway(l: usize, k: usize, s: usize, p: usize) -> usize {
        (l + 2 * p).saturating_sub(k) / s + 1
    }

    /// The sum over a window, with the image's number for each of its places.
    fn windows(
        (rows, columns): (usize, usize),
        kernel: &Matrix64,
        pixel: impl Fn([usize; 2], [usize; 2]) -> f64,
    ) -> Matrix64 {
        Matrix64::from_fn(rows, columns, |y, x| {
            let mut sum = 0.0;
            for dy in 0..kernel.nrows() {
                for dx in 0..kernel.ncols() {
                    sum += kernel[(dy, dx)] * pixel([y, x], [dy, dx]);
                }
            }
            sum
        })
    }

    fn size(image: &Matrix64, kernel: &Matrix64, s: usize, p: usize) -> (usize, usize) {
        let rows = positions(image.nrows(), kernel.nrows(), s, p);
        (rows, positions(image.ncols(), kernel.ncols(), s, p))
    }

    fn or_zero(image: &Matrix64, at: (usize, usize)) -> f64 {
        image.get(at).copied().unwrap_or(0.0)
    }

    pub fn same_size(i: &Matrix64, k: &Matrix64, s: usize, p: usize) -> Matrix64 {
        let wide = bordered(i, p);
        windows(i.shape(), k, |[y, x], [dy, dx]| {
            or_zero(&wide, (y * s + dy, x * s + dx))
        })
    }

    pub fn size_not_padded(i: &Matrix64, k: &Matrix64, s: usize, p: usize) -> Matrix64 {
        let wide = bordered(i, p);
        windows(size(i, k, s, 0), k, |[y, x], [dy, dx]| wide[(y * s + dy, x * s + dx)])
    }

    pub fn turned_round(i: &Matrix64, k: &Matrix64, s: usize, p: usize) -> Matrix64 {
        let (rows, columns) = k.shape();
        let turned = |dy, dx| k[(rows - 1 - dy, columns - 1 - dx)];
        solutions::convolve(i, &Matrix64::from_fn(rows, columns, turned), s, p)
    }

    pub fn averaged(i: &Matrix64, k: &Matrix64, s: usize, p: usize) -> Matrix64 {
        solutions::convolve(i, k, s, p) / k.len() as f64
    }

    pub fn row_offset_lost(i: &Matrix64, k: &Matrix64, s: usize, p: usize) -> Matrix64 {
        let wide = bordered(i, p);
        windows(size(i, k, s, p), k, |[y, x], [_, dx]| wide[(y * s, x * s + dx)])
    }

    pub fn stride_in_size_only(
        i: &Matrix64,
        k: &Matrix64,
        s: usize,
        p: usize,
    ) -> Matrix64 {
        let wide = bordered(i, p);
        windows(size(i, k, s, p), k, |[y, x], [dy, dx]| wide[(y + dy, x + dx)])
    }

    pub fn kernel_spread(i: &Matrix64, k: &Matrix64, s: usize, p: usize) -> Matrix64 {
        let wide = bordered(i, p);
        windows(size(i, k, s, p), k, |[y, x], [dy, dx]| {
            or_zero(&wide, ((y + dy) * s, (x + dx) * s))
        })
    }

    pub fn padding_not_subtracted(
        i: &Matrix64,
        k: &Matrix64,
        s: usize,
        p: usize,
    ) -> Matrix64 {
        windows(size(i, k, s, p), k, |[y, x], [dy, dx]| {
            or_zero(i, (y * s + dy, x * s + dx))
        })
    }

    /// Where a place lies once the border is taken off, by `inside`.
    fn beyond(
        i: &Matrix64,
        k: &Matrix64,
        [s, p]: [usize; 2],
        inside: fn(isize, isize) -> isize,
    ) -> Matrix64 {
        let place = |at: usize, length: usize| {
            inside(at as isize - p as isize, length as isize) as usize
        };
        windows(size(i, k, s, p), k, |[y, x], [dy, dx]| {
            i[(place(y * s + dy, i.nrows()), place(x * s + dx, i.ncols()))]
        })
    }

    pub fn edge_repeated(i: &Matrix64, k: &Matrix64, s: usize, p: usize) -> Matrix64 {
        beyond(i, k, [s, p], |at, length| at.clamp(0, length - 1))
    }

    pub fn wrapped(i: &Matrix64, k: &Matrix64, s: usize, p: usize) -> Matrix64 {
        beyond(i, k, [s, p], |at, length| at.rem_euclid(length))
    }

    type Pooled = (Matrix64, Matrix64);

    /// The places of each square, with its place in the answer.
    fn squares(
        grad: &Matrix64,
        size: usize,
        mut visit: impl FnMut((usize, usize), Vec<(usize, usize)>),
    ) {
        for y in 0..grad.nrows() {
            for x in 0..grad.ncols() {
                let place = |i: usize| (y * size + i / size, x * size + i % size);
                visit((y, x), (0..size * size).map(place).collect());
            }
        }
    }

    pub fn pool_rounded_up(map: &Matrix64, size: usize, grad: &Matrix64) -> Pooled {
        let (rows, columns) = (map.nrows().div_ceil(size), map.ncols().div_ceil(size));
        let pooled = Matrix64::from_fn(rows, columns, |y, x| {
            let (y, x) = (y * size, x * size);
            let (below, behind) = (map.nrows() - y, map.ncols() - x);
            map.view((y, x), (size.min(below), size.min(behind))).max()
        });
        (pooled, solutions::max_pool(map, size, grad).1)
    }

    pub fn pool_sliding(map: &Matrix64, size: usize, grad: &Matrix64) -> Pooled {
        let (rows, columns) = (map.nrows() - size, map.ncols() - size);
        let pooled = Matrix64::from_fn(rows + 1, columns + 1, |y, x| {
            map.view((y, x), (size, size)).max()
        });
        (pooled, solutions::max_pool(map, size, grad).1)
    }

    pub fn pool_mean(map: &Matrix64, size: usize, grad: &Matrix64) -> Pooled {
        let mut pooled = grad.clone();
        squares(grad, size, |at, places| {
            let sum: f64 = places.iter().map(|place| map[*place]).sum();
            pooled[at] = sum / places.len() as f64;
        });
        (pooled, pool_shared(map, size, grad).1)
    }

    pub fn pool_from_zero(map: &Matrix64, size: usize, grad: &Matrix64) -> Pooled {
        let (pooled, slopes) = solutions::max_pool(map, size, grad);
        (pooled.map(|x| x.max(0.0)), slopes)
    }

    pub fn pool_from_zero_at_first(
        map: &Matrix64,
        size: usize,
        grad: &Matrix64,
    ) -> Pooled {
        let (mut pooled, mut slopes) = (grad.clone(), map * 0.0);
        squares(grad, size, |at, places| {
            let (mut most, mut winner) = (0.0, places[0]);
            for place in places {
                if map[place] > most {
                    (most, winner) = (map[place], place);
                }
            }
            pooled[at] = most;
            slopes[winner] = grad[at];
        });
        (pooled, slopes)
    }

    pub fn pool_by_size(map: &Matrix64, size: usize, grad: &Matrix64) -> Pooled {
        let (mut pooled, mut slopes) = (grad.clone(), map * 0.0);
        squares(grad, size, |at, places| {
            let first = places[0];
            let winner = places.into_iter().fold(first, |best, place| {
                if map[place].abs() > map[best].abs() { place } else { best }
            });
            pooled[at] = map[winner];
            slopes[winner] = grad[at];
        });
        (pooled, slopes)
    }

    pub fn pool_ones(map: &Matrix64, size: usize, grad: &Matrix64) -> Pooled {
        solutions::max_pool(map, size, &grad.map(|_| 1.0))
    }

    /// The right numbers, and slopes by `slope(place, its square, its place)`.
    fn with_slopes(
        map: &Matrix64,
        size: usize,
        grad: &Matrix64,
        slope: impl Fn((usize, usize), &[(usize, usize)], (usize, usize)) -> f64,
    ) -> Pooled {
        let (pooled, mut slopes) = (solutions::max_pool(map, size, grad).0, map * 0.0);
        squares(grad, size, |at, places| {
            places.iter().for_each(|&place| slopes[place] = slope(at, &places, place));
        });
        (pooled, slopes)
    }

    pub fn pool_to_everybody(map: &Matrix64, size: usize, grad: &Matrix64) -> Pooled {
        with_slopes(map, size, grad, |at, _, _| grad[at])
    }

    pub fn pool_shared(map: &Matrix64, size: usize, grad: &Matrix64) -> Pooled {
        with_slopes(map, size, grad, |at, places, _| grad[at] / places.len() as f64)
    }

    pub fn pool_first_place(map: &Matrix64, size: usize, grad: &Matrix64) -> Pooled {
        let first = |at, places: &[_], place| {
            if place == places[0] { grad[at] } else { 0.0 }
        };
        with_slopes(map, size, grad, first)
    }

    pub fn pool_last_of_equals(map: &Matrix64, size: usize, grad: &Matrix64) -> Pooled {
        let last = |at, places: &[(usize, usize)], place| {
            let most = places.iter().map(|p| map[*p]).fold(f64::NEG_INFINITY, f64::max);
            let winner = places.iter().rev().find(|p| map[**p] == most);
            if winner == Some(&place) { grad[at] } else { 0.0 }
        };
        with_slopes(map, size, grad, last)
    }

    pub fn pool_all_equals(map: &Matrix64, size: usize, grad: &Matrix64) -> Pooled {
        let all = |at, places: &[(usize, usize)], place| {
            let most = places.iter().map(|p| map[*p]).fold(f64::NEG_INFINITY, f64::max);
            if map[place] == most { grad[at] } else { 0.0 }
        };
        with_slopes(map, size, grad, all)
    }

    /// Patches with the entries of each column in another order.
    fn reordered(
        patches: &Matrix64,
        entry: impl Fn(usize, usize, usize) -> usize,
        [kernel, channels]: [usize; 2],
    ) -> Matrix64 {
        Matrix64::from_fn(patches.nrows(), patches.ncols(), |row, column| {
            let (place, c) = (row / channels, row % channels);
            patches[(entry(place / kernel, place % kernel, c), column)]
        })
    }

    /// Entry (dy, dx, c) of every window at (y, x), from the definition.
    fn gathered(
        [height, width, channels]: [usize; 3],
        [k, s, p]: [usize; 3],
        pixel: impl Fn([usize; 2], [usize; 3]) -> f64,
    ) -> Matrix64 {
        let (rows, columns) = (positions(height, k, s, p), positions(width, k, s, p));
        Matrix64::from_fn(k * k * channels, rows * columns, |row, column| {
            let (place, c) = (row / channels, row % channels);
            let at = [column / columns, column % columns];
            pixel(at, [place / k, place % k, c])
        })
    }

    type Image<'a> = &'a [f64];

    pub fn im2col_transposed(
        i: Image,
        shape: [usize; 3],
        k: usize,
        s: usize,
        p: usize,
    ) -> Matrix64 {
        solutions::im2col(i, shape, k, s, p).transpose()
    }

    pub fn im2col_one_channel(
        i: Image,
        [height, width, channels]: [usize; 3],
        k: usize,
        s: usize,
        p: usize,
    ) -> Matrix64 {
        let first: Vec<f64> = i.iter().step_by(channels).copied().collect();
        solutions::im2col(&first, [height, width, 1], k, s, p)
    }

    pub fn im2col_channels_apart(
        i: Image,
        shape: [usize; 3],
        k: usize,
        s: usize,
        p: usize,
    ) -> Matrix64 {
        let right = solutions::im2col(i, shape, k, s, p);
        let (channels, pixels) = (shape[2], k * k);
        Matrix64::from_fn(right.nrows(), right.ncols(), |row, column| {
            right[(row % pixels * channels + row / pixels, column)]
        })
    }

    pub fn im2col_columns_first(
        i: Image,
        shape: [usize; 3],
        k: usize,
        s: usize,
        p: usize,
    ) -> Matrix64 {
        let entry = |dy, dx, c| (dx * k + dy) * shape[2] + c;
        reordered(&solutions::im2col(i, shape, k, s, p), entry, [k, shape[2]])
    }

    pub fn im2col_planes(
        i: Image,
        shape: [usize; 3],
        k: usize,
        s: usize,
        p: usize,
    ) -> Matrix64 {
        let (channels, pixels) = (shape[2], shape[0] * shape[1]);
        let number = |n: usize| i[n % channels * pixels + n / channels];
        let turned: Vec<f64> = (0..i.len()).map(number).collect();
        solutions::im2col(&turned, shape, k, s, p)
    }

    pub fn im2col_down_then_across(
        i: Image,
        shape: [usize; 3],
        k: usize,
        s: usize,
        p: usize,
    ) -> Matrix64 {
        let right = solutions::im2col(i, shape, k, s, p);
        let (rows, columns) =
            (positions(shape[0], k, s, p), positions(shape[1], k, s, p));
        Matrix64::from_fn(right.nrows(), right.ncols(), |row, column| {
            right[(row, column % rows * columns + column / rows)]
        })
    }

    pub fn im2col_stride_in_size_only(
        i: Image,
        shape: [usize; 3],
        k: usize,
        s: usize,
        p: usize,
    ) -> Matrix64 {
        let case = (i.to_vec(), shape, k, 1, p);
        gathered(shape, [k, s, p], |at, within| super::seen(&case, at, within))
    }

    pub fn im2col_padding_not_subtracted(
        i: Image,
        shape: [usize; 3],
        k: usize,
        s: usize,
        p: usize,
    ) -> Matrix64 {
        let case = (i.to_vec(), shape, k, s, 0);
        gathered(shape, [k, s, p], |at, within| super::seen(&case, at, within))
    }

    pub fn im2col_edge_repeated(
        i: Image,
        shape: [usize; 3],
        k: usize,
        s: usize,
        p: usize,
    ) -> Matrix64 {
        gathered(shape, [k, s, p], |[y, x], [dy, dx, c]| {
            let row = (y * s + dy).saturating_sub(p).min(shape[0] - 1);
            let column = (x * s + dx).saturating_sub(p).min(shape[1] - 1);
            i[(row * shape[1] + column) * shape[2] + c]
        })
    }

    pub fn im2col_next_row(
        i: Image,
        shape: [usize; 3],
        k: usize,
        s: usize,
        p: usize,
    ) -> Matrix64 {
        gathered(shape, [k, s, p], |[y, x], [dy, dx, c]| {
            let row = (y * s + dy).checked_sub(p);
            let at = row.zip((x * s + dx).checked_sub(p)).and_then(|(row, column)| {
                i.get((row * shape[1] + column) * shape[2] + c)
            });
            at.copied().unwrap_or(0.0)
        })
    }

    type Shape = [usize; 3];

    pub fn col2im_border_kept(
        g: &Matrix64,
        [h, w, c]: Shape,
        k: usize,
        s: usize,
        p: usize,
    ) -> Vec<f64> {
        solutions::col2im(g, [h + 2 * p, w + 2 * p, c], k, s, 0)
    }

    pub fn col2im_channels_apart(
        g: &Matrix64,
        shape: Shape,
        k: usize,
        s: usize,
        p: usize,
    ) -> Vec<f64> {
        let entry = |dy, dx, c| c * k * k + dy * k + dx;
        solutions::col2im(&reordered(g, entry, [k, shape[2]]), shape, k, s, p)
    }

    pub fn col2im_columns_first(
        g: &Matrix64,
        shape: Shape,
        k: usize,
        s: usize,
        p: usize,
    ) -> Vec<f64> {
        let entry = |dy, dx, c| (dx * k + dy) * shape[2] + c;
        solutions::col2im(&reordered(g, entry, [k, shape[2]]), shape, k, s, p)
    }

    /// Every slope with the place where it belongs, padding counted.
    fn scattered(
        g: &Matrix64,
        [height, width, channels]: Shape,
        [k, s, p]: [usize; 3],
        mut visit: impl FnMut([usize; 2], usize, f64),
    ) {
        let columns = positions(width, k, s, p);
        for window in 0..positions(height, k, s, p) * columns {
            for entry in 0..g.nrows() {
                let (place, c) = (entry / channels, entry % channels);
                let y = window / columns * s + place / k;
                let x = window % columns * s + place % k;
                visit([y, x], c, g[(entry, window)]);
            }
        }
    }

    /// The place in the image, if it is in it.
    fn index([h, w, channels]: Shape, p: usize, [y, x]: [usize; 2]) -> Option<usize> {
        let row = y.checked_sub(p).filter(|row| *row < h)?;
        let column = x.checked_sub(p).filter(|column| *column < w)?;
        Some((row * w + column) * channels)
    }

    pub fn col2im_set_not_added(
        g: &Matrix64,
        shape: Shape,
        k: usize,
        s: usize,
        p: usize,
    ) -> Vec<f64> {
        let mut image = vec![0.0; shape.iter().product()];
        scattered(g, shape, [k, s, p], |at, c, slope| {
            if let Some(i) = index(shape, p, at) {
                image[i + c] = slope;
            }
        });
        image
    }

    pub fn col2im_averaged(
        g: &Matrix64,
        shape: Shape,
        k: usize,
        s: usize,
        p: usize,
    ) -> Vec<f64> {
        let counts = solutions::col2im(&g.map(|_| 1.0), shape, k, s, p);
        let sums = solutions::col2im(g, shape, k, s, p);
        sums.iter().zip(counts).map(|(sum, count)| sum / count.max(1.0)).collect()
    }

    pub fn col2im_stride_forgotten(
        g: &Matrix64,
        shape: Shape,
        k: usize,
        s: usize,
        p: usize,
    ) -> Vec<f64> {
        let mut image = vec![0.0; shape.iter().product()];
        let columns = positions(shape[1], k, s, p);
        for window in 0..g.ncols() {
            for entry in 0..g.nrows() {
                let (place, c) = (entry / shape[2], entry % shape[2]);
                let at = [window / columns + place / k, window % columns + place % k];
                if let Some(i) = index(shape, p, at) {
                    image[i + c] += g[(entry, window)];
                }
            }
        }
        image
    }

    pub fn col2im_padding_not_subtracted(
        g: &Matrix64,
        shape: Shape,
        k: usize,
        s: usize,
        p: usize,
    ) -> Vec<f64> {
        let mut image = vec![0.0; shape.iter().product()];
        scattered(g, shape, [k, s, p], |at, c, slope| {
            if let Some(i) = index(shape, 0, at) {
                image[i + c] += slope;
            }
        });
        image
    }

    pub fn col2im_padding_to_the_edge(
        g: &Matrix64,
        shape: Shape,
        k: usize,
        s: usize,
        p: usize,
    ) -> Vec<f64> {
        let mut image = vec![0.0; shape.iter().product()];
        scattered(g, shape, [k, s, p], |[y, x], c, slope| {
            let row = y.saturating_sub(p).min(shape[0] - 1);
            let column = x.saturating_sub(p).min(shape[1] - 1);
            image[(row * shape[1] + column) * shape[2] + c] += slope;
        });
        image
    }

    pub fn col2im_next_row(
        g: &Matrix64,
        shape: Shape,
        k: usize,
        s: usize,
        p: usize,
    ) -> Vec<f64> {
        let mut image = vec![0.0; shape.iter().product()];
        scattered(g, shape, [k, s, p], |[y, x], c, slope| {
            let Some((row, column)) = y.checked_sub(p).zip(x.checked_sub(p)) else {
                return;
            };
            if let Some(pixel) = image.get_mut((row * shape[1] + column) * shape[2] + c)
            {
                *pixel += slope;
            }
        });
        image
    }

    pub fn col2im_windows_transposed(
        g: &Matrix64,
        shape: Shape,
        k: usize,
        s: usize,
        p: usize,
    ) -> Vec<f64> {
        let (rows, columns) =
            (positions(shape[0], k, s, p), positions(shape[1], k, s, p));
        let turned = Matrix64::from_fn(g.nrows(), g.ncols(), |row, column| {
            g[(row, column % columns * rows + column / columns)]
        });
        solutions::col2im(&turned, shape, k, s, p)
    }
}
