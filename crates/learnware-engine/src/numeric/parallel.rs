//! The one door to threads: ordered maps over fixed pieces of work.
//!
//! Results come back in order whatever the number of threads, so sums over them are reproducible.

/// Maps `0..count` and returns the results in order.
pub fn map<T: Send>(count: usize, work: impl Fn(usize) -> T + Sync + Send) -> Vec<T> {
    #[cfg(feature = "parallel")]
    if count > 1 {
        use rayon::prelude::*;
        return (0..count).into_par_iter().map(work).collect();
    }
    (0..count).map(work).collect()
}

/// Maps items that `work` may change, with their places, and returns the results in order.
pub fn map_mut<A: Send, T: Send>(items: &mut [A], work: impl Fn(usize, &mut A) -> T + Sync + Send) -> Vec<T> {
    #[cfg(feature = "parallel")]
    if items.len() > 1 {
        use rayon::prelude::*;
        return items.par_iter_mut().enumerate().map(|(place, item)| work(place, item)).collect();
    }
    items.iter_mut().enumerate().map(|(place, item)| work(place, item)).collect()
}

/// Runs work that maps often and little: once among the threads, each of its maps begins without waking one.
pub fn among_threads<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    #[cfg(feature = "parallel")]
    return rayon::scope(|_| work());
    #[cfg(not(feature = "parallel"))]
    work()
}
