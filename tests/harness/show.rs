//! How values look in a message: short, exact, and as a Rust programmer writes them.

use gradbook::Matrix;

/// Rows and columns beyond this are left out of a message.
const LARGEST_SIDE: usize = 10;

/// A value that can stand in a message.
///
/// Implemented for numbers, text, `bool`, vectors, slices, matrices, options and
/// tuples. A strategy with a type of its own implements it in a line or two.
pub trait Show {
    /// The value as text; a matrix takes several lines.
    fn show(&self) -> String;

    /// The parts that get a line each: one, or the members of a tuple.
    fn parts(&self) -> Vec<String> {
        vec![self.show()]
    }
}

macro_rules! show_by_debug {
    ($($kind:ty)*) => {
        $(impl Show for $kind {
            fn show(&self) -> String {
                format!("{self:?}")
            }
        })*
    };
}

show_by_debug!(f64 f32 bool char str String);
show_by_debug!(u8 u16 u32 u64 usize i8 i16 i32 i64 isize);

impl<T: Show + ?Sized> Show for &T {
    fn show(&self) -> String {
        (**self).show()
    }

    fn parts(&self) -> Vec<String> {
        (**self).parts()
    }
}

impl<T: Show> Show for [T] {
    fn show(&self) -> String {
        let items: Vec<String> = self.iter().map(Show::show).collect();
        if items.iter().any(|item| item.contains('\n')) {
            items.join("\n\n")
        } else {
            format!("[{}]", items.join(", "))
        }
    }
}

impl<T: Show> Show for Vec<T> {
    fn show(&self) -> String {
        self.as_slice().show()
    }
}

impl<T: Show, const N: usize> Show for [T; N] {
    fn show(&self) -> String {
        self.as_slice().show()
    }
}

impl<T: Show> Show for Option<T> {
    fn show(&self) -> String {
        match self {
            Some(value) => format!("Some({})", value.show()),
            None => "None".to_string(),
        }
    }
}

impl<T: Show, E: Show> Show for Result<T, E> {
    fn show(&self) -> String {
        match self {
            Ok(value) => format!("Ok({})", value.show()),
            Err(error) => format!("Err({})", error.show()),
        }
    }
}

impl Show for Matrix<f64> {
    fn show(&self) -> String {
        if self.is_empty() {
            return format!("a matrix of {} x {}", self.nrows(), self.ncols());
        }
        let (rows, columns) =
            (self.nrows().min(LARGEST_SIDE), self.ncols().min(LARGEST_SIDE));
        let cells: Vec<Vec<String>> = (0..rows)
            .map(|row| (0..columns).map(|column| self[(row, column)].show()).collect())
            .collect();
        let width = |column: usize| cells.iter().map(|row| row[column].len()).max();
        let mut lines: Vec<String> = cells
            .iter()
            .map(|row| {
                let aligned = row.iter().enumerate().map(|(column, cell)| {
                    format!("{cell:>width$}", width = width(column).unwrap_or(0))
                });
                let aligned: Vec<String> = aligned.collect();
                let more = if columns < self.ncols() { "  ..." } else { "" };
                format!("[ {}{more} ]", aligned.join("  "))
            })
            .collect();
        if rows < self.nrows() || columns < self.ncols() {
            lines.push(format!("(in all {} x {})", self.nrows(), self.ncols()));
        }
        lines.join("\n")
    }
}

macro_rules! show_tuples {
    ($(($($name:ident)+))*) => {
        $(impl<$($name: Show),+> Show for ($($name,)+) {
            fn show(&self) -> String {
                format!("({})", self.parts().join(", "))
            }

            fn parts(&self) -> Vec<String> {
                #[allow(non_snake_case, reason = "one name serves type and value")]
                let ($($name,)+) = self;
                vec![$($name.show()),+]
            }
        })*
    };
}

show_tuples!((A B) (A B C) (A B C D) (A B C D E) (A B C D E G) (A B C D E G H));

/// Rounds to `digits` significant digits, so that a message can leave out the noise.
/// Adding zero turns -0.0 into 0.0.
pub fn rounded(x: f64, digits: usize) -> f64 {
    format!("{x:.*e}", digits.saturating_sub(1)).parse().unwrap_or(x) + 0.0
}

/// Shows two values with as few digits as tell them apart.
pub fn pair_of(show: impl Fn(usize) -> (String, String)) -> (String, String) {
    for digits in [4, 6, 9, 12] {
        let (a, b) = show(digits);
        if a != b {
            return (a, b);
        }
    }
    show(17)
}
