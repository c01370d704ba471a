//! How the character models of lessons 7 and 8 are trained: the same for all, so that
//! they can be compared.

/// The numbers of a training.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Recipe {
    /// Numbers for each character that goes in.
    pub width: usize,
    /// Units of the recurrent layer.
    pub hidden: usize,
    /// Steps that backpropagation goes back; the state is carried further.
    pub steps: usize,
    /// Streams that are read side by side.
    pub batch: usize,
    /// Adam's learning rate at the start; it falls along half a cosine to 0.
    pub rate: f64,
    /// The most that the gradient's global norm may be.
    pub limit: f64,
    /// How often the training part is read.
    pub epochs: usize,
}

impl Default for Recipe {
    fn default() -> Self {
        Self {
            width: 32,
            hidden: 128,
            steps: 32,
            batch: 16,
            rate: 0.005,
            limit: 1.0,
            epochs: 6,
        }
    }
}
