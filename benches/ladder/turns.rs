//! Contenders that take turns, so that all meet the same weather.

use std::time::Instant;

/// A name, and a way to compute once.
pub type Contender<'a> = (String, Box<dyn FnMut() + 'a>);

/// For each contender the median and the least of the seconds that it takes.
pub fn turns(contenders: &mut [Contender], rounds: usize) -> Vec<(f64, f64)> {
    const TURN: f64 = 2e-3;
    let calls: Vec<u32> = contenders
        .iter_mut()
        .map(|(_, run)| {
            run();
            let start = Instant::now();
            run();
            (TURN / start.elapsed().as_secs_f64()).clamp(1.0, 1e6) as u32
        })
        .collect();
    let mut seconds = vec![Vec::new(); contenders.len()];
    for _ in 0..rounds {
        for (((_, run), &calls), seconds) in
            contenders.iter_mut().zip(&calls).zip(&mut seconds)
        {
            let start = Instant::now();
            (0..calls).for_each(|_| run());
            seconds.push(start.elapsed().as_secs_f64() / f64::from(calls));
        }
    }
    let of = |mut seconds: Vec<f64>| {
        seconds.sort_by(f64::total_cmp);
        (seconds[seconds.len() / 2], seconds[0])
    };
    seconds.into_iter().map(of).collect()
}
