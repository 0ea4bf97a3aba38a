//! Loops compiled for the machine that runs them.
//!
//! Takes [`Work`]; does it with the instructions of AVX2 where the CPU has them, asked while
//! running. What is to gain must be inlined into [`Work::call`]. Results are the same on every
//! machine: nothing is fused or reordered, there are only more registers and fewer instructions.

/// What is done in one go.
pub(crate) trait Work {
    /// What it gives.
    type Output;

    /// Does it; always inlined.
    fn call(self) -> Self::Output;
}

/// Does the work.
#[inline]
pub(crate) fn fastest<W: Work>(work: W) -> W::Output {
    #[cfg(target_arch = "x86_64")]
    if let Some(avx2) = fearless_simd::Level::new().as_avx2() {
        return fearless_simd::Simd::vectorize(
            avx2,
            #[inline(always)]
            || work.call(),
        );
    }
    work.call()
}
