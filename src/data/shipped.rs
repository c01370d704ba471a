//! The real sets that come with the book, built into the program, so that they are
//! found wherever it runs. Origin, license and checksums: `datasets/README.md`.

use super::{Dataset, Series, csv};
use crate::Real;

/// Fisher's irises: 150 flowers, 4 lengths in cm, 3 species.
///
/// Inputs are 4 x 150: sepal length, sepal width, petal length, petal width. The first
/// 50 are setosa, then 50 versicolor, then 50 virginica.
pub fn iris<T: Real>() -> Dataset<T> {
    shipped("iris.csv", include_str!("../../datasets/iris.csv"), "species")
}

/// Handwritten digits from UCI: 1,797 images of 8 x 8 pixels, 10 classes.
///
/// Inputs are 64 x 1797, an image row by row in a column. A pixel is in 0 to 1 (in the
/// file 0 to 16), where 1 is ink. The order is that of the writers: shuffle before
/// splitting.
pub fn digits<T: Real>() -> Dataset<T> {
    let text = include_str!("../../datasets/digits.csv");
    let mut digits = shipped::<T>("digits.csv", text, "digit");
    digits.inputs /= T::of(16.0);
    digits
}

/// The prose of this book as of 2026-11-22, frozen: about 110,000 characters of plain
/// ASCII, a line for each paragraph.
///
/// It never changes, so that what is measured on it does not change either. The end,
/// which [`Corpus`](super::text::Corpus) holds out, is the second half of lesson 5.
pub fn prose() -> &'static str {
    include_str!("../../datasets/prose.txt")
}

/// 5,163 given names of people in the United States, from the census of 1990.
///
/// In small letters and alphabetical order: shuffle before splitting. No name is there
/// twice, and none says how common it was.
pub fn names() -> Vec<&'static str> {
    include_str!("../../datasets/names.txt").lines().collect()
}

/// The mean number of sunspots of each year from 1700 to 2008: 309 values, with a
/// rhythm of about eleven years that is not quite regular.
pub fn sunspots() -> Series {
    let text = include_str!("../../datasets/sunspots.csv");
    let read = csv::parse("sunspots.csv", text)
        .and_then(|table| table.numbers::<f64>(&["year", "sunspots"]));
    let table =
        read.unwrap_or_else(|error| unreachable!("built in and tested: {error}"));
    let values = table.row(1).iter().copied().collect();
    Series { name: "sunspots".into(), first_year: table[(0, 0)] as i32, values }
}

fn shipped<T: Real>(file: &str, text: &str, classes: &str) -> Dataset<T> {
    let read = csv::parse(file, text).and_then(|table| table.dataset(classes));
    read.unwrap_or_else(|error| unreachable!("built in and tested: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iris_is_fishers() {
        let iris = iris::<f64>();
        assert_eq!(iris.inputs.shape(), (4, 150));
        assert_eq!(iris.class_names, ["setosa", "versicolor", "virginica"]);
        assert_eq!(iris.class_counts(), [50, 50, 50]);
        assert_eq!(iris.inputs.column(0).as_slice(), &[5.1, 3.5, 1.4, 0.2]);
        // The means of Fisher's table, 1936.
        let means = iris.inputs.column_mean();
        for (mean, expected) in means.iter().zip([5.843, 3.057, 3.758, 1.199]) {
            assert!((mean - expected).abs() < 5e-4, "{mean}");
        }
    }

    #[test]
    fn prose_is_plain_english_in_lines() {
        let fine = |c: char| c == '\n' || c == ' ' || c.is_ascii_graphic();
        assert!(prose().chars().all(fine));
        assert!(prose().starts_with("Preface\nThis is a workbook. You read a chapter"));
        assert!(prose().lines().all(|line| line.trim() == line));
        let spaces = prose().matches(' ').count() as f64 / prose().len() as f64;
        assert!((0.15..0.22).contains(&spaces), "{spaces}");
        // Nothing of the chapters' own signs was left over.
        for sign in ["{{", "}}", "```", "](", "$", "\\", "<!--", "**", "  "] {
            assert!(!prose().contains(sign), "{sign:?}");
        }
    }

    #[test]
    fn names_are_different_and_sorted() {
        let names = names();
        assert_eq!(names.len(), 5163);
        assert!(names.windows(2).all(|pair| pair[0] < pair[1]));
        let fine = |name: &&str| {
            (2..=11).contains(&name.len())
                && name.chars().all(|c| c.is_ascii_lowercase())
        };
        assert!(names.iter().all(fine));
        assert!(["ada", "frank", "grace"].iter().all(|name| names.contains(name)));
    }

    #[test]
    fn sunspots_come_and_go() {
        let spots = sunspots();
        let years = include_str!("../../datasets/sunspots.csv").lines().skip(1);
        for (place, line) in years.enumerate() {
            assert!(line.starts_with(&format!("{},", spots.year(place))), "{line}");
        }
        assert_eq!((spots.len(), spots.year(308)), (309, 2008));
        assert_eq!(spots.values[..3], [5.0, 11.0, 16.0]);
        // The highest year before 2009 is 1957.
        let highest =
            (0..309).max_by(|&a, &b| spots.values[a].total_cmp(&spots.values[b]));
        assert_eq!(highest.map(|place| spots.year(place)), Some(1957));
        // Values ten or eleven years apart are alike, five years apart they are not.
        let mean = spots.values.iter().sum::<f64>() / 309.0;
        let alike = |lag: usize| -> f64 {
            let pairs = spots.values.iter().zip(&spots.values[lag..]);
            pairs.map(|(a, b)| (a - mean) * (b - mean)).sum::<f64>()
                / (309 - lag) as f64
        };
        assert!(alike(11) > 0.0 && alike(5) < 0.0);
        let rhythm = (6..16).max_by(|&a, &b| alike(a).total_cmp(&alike(b)));
        assert_eq!(rhythm, Some(10));
    }

    #[test]
    fn digits_are_images_from_0_to_1() {
        let digits = digits::<f32>();
        assert_eq!(digits.inputs.shape(), (64, 1797));
        let names: Vec<String> = (0..10).map(|digit| digit.to_string()).collect();
        assert_eq!(digits.class_names, names);
        let counts = [178, 182, 177, 183, 181, 182, 181, 179, 174, 180];
        assert_eq!(digits.class_counts(), counts);
        assert_eq!((digits.inputs.min(), digits.inputs.max()), (0.0, 1.0));
        // The first image is a 0: a ring with a hole in the middle.
        let pixel = |row: usize, column: usize| digits.inputs[(8 * row + column, 0)];
        assert_eq!(pixel(0, 3) * 16.0, 13.0);
        assert_eq!(pixel(3, 3), 0.0);
        assert!(pixel(3, 1) > 0.0 && pixel(3, 5) > 0.0);
    }
}
