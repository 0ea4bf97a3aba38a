//! One batch size of a model, in memory that stays.
//!
//! Takes images; runs the session on input and output tensors that were allocated once: on a GPU
//! page-locked host memory, or, for CUDA graphs, an input on the device whose address never changes.

use ort::{
    memory::{AllocationDevice, Allocator, AllocatorType, MemoryInfo, MemoryType},
    session::{IoBinding, Session},
    value::Tensor,
};

use crate::config::Provider;

/// Input and outputs of one batch size.
#[derive(Debug)]
pub(super) struct Bound {
    /// Images.
    pub(super) rows: usize,
    binding: IoBinding,
    input_name: String,
    /// On the host, where it is written.
    input: Tensor<u8>,
    /// On the device, where its address must not change.
    resident: Option<Tensor<u8>>,
    outputs: Vec<Tensor<f32>>,
    /// Whether the host's tensor must be handed over anew for each run: it is copied then.
    rebind: bool,
}

/// What is bound.
pub(super) struct Layout<'a> {
    /// Of the input.
    pub(super) input_name: &'a str,
    /// Of one image.
    pub(super) image: [usize; 3],
    /// Of each output: its name and the shape of one row.
    pub(super) outputs: &'a [(String, Vec<usize>)],
}

impl Bound {
    pub(super) fn new(
        session: &Session,
        provider: Provider,
        device: i32,
        graphs: bool,
        rows: usize,
        layout: &Layout<'_>,
    ) -> ort::Result<Self> {
        let allocator = |place: MemoryType| {
            if provider == Provider::Cpu {
                return Ok(Allocator::default());
            }
            let pinned = AllocationDevice::CUDA_PINNED;
            let memory = MemoryInfo::new(pinned, device, AllocatorType::Device, place)?;
            Allocator::new(session, memory)
        };
        let shape = |row: &[usize]| {
            let lengths = std::iter::once(rows).chain(row.iter().copied());
            lengths.map(|length| length as i64).collect::<Vec<_>>()
        };
        let image = shape(&layout.image);
        let input = Tensor::<u8>::new(&allocator(MemoryType::CPUInput)?, image.clone())?;
        let mut binding = session.create_binding()?;
        let resident = if graphs && provider != Provider::Cpu {
            let cuda = AllocationDevice::CUDA;
            let memory = MemoryInfo::new(cuda, device, AllocatorType::Device, MemoryType::Default)?;
            Some(Tensor::<u8>::new(&Allocator::new(session, memory)?, image)?)
        } else {
            None
        };
        binding.bind_input(layout.input_name, resident.as_ref().unwrap_or(&input))?;
        let host = allocator(MemoryType::CPUOutput)?;
        let mut outputs = Vec::with_capacity(layout.outputs.len());
        for (name, row) in layout.outputs {
            let mut output = Tensor::<f32>::new(&host, shape(row))?;
            binding.bind_output(name.as_str(), &mut output)?;
            outputs.push(output);
        }
        Ok(Self {
            rows,
            binding,
            input_name: layout.input_name.to_owned(),
            input,
            rebind: provider != Provider::Cpu && resident.is_none(),
            resident,
            outputs,
        })
    }

    /// Runs the session on `pixels`, which may be fewer rows than there are: what the others give means
    /// nothing. Gives the outputs in the order of the layout.
    pub(super) fn run(
        &mut self,
        session: &mut Session,
        pixels: &[u8],
    ) -> ort::Result<&[Tensor<f32>]> {
        let (_, room) = self.input.extract_tensor_mut();
        room[..pixels.len()].copy_from_slice(pixels);
        if let Some(resident) = &mut self.resident {
            self.input.copy_into(resident)?;
        }
        if self.rebind {
            self.binding
                .bind_input(self.input_name.as_str(), &self.input)?;
        }
        session.run_binding(&self.binding)?;
        if self.rebind || self.resident.is_some() {
            self.binding.synchronize_outputs()?;
        }
        Ok(&self.outputs)
    }
}

/// Batch sizes that together hold `images`: on a CPU exactly, for its time grows with the rows; on a
/// GPU the smallest that is enough, for one call costs more than idle rows. `buckets` is ascending and
/// begins with 1.
pub(super) fn split(
    images: usize,
    buckets: &[usize],
    exact: bool,
) -> impl Iterator<Item = usize> + '_ {
    let mut left = images;
    std::iter::from_fn(move || {
        if left == 0 {
            return None;
        }
        let enough = buckets.iter().find(|bucket| **bucket >= left);
        let below = buckets.iter().rev().find(|bucket| **bucket <= left);
        let bucket = match (exact, enough) {
            (false, Some(enough)) => *enough,
            _ => below.copied().unwrap_or(1),
        };
        left = left.saturating_sub(bucket);
        Some(bucket)
    })
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn buckets_hold_all_images() {
        let sizes = |images, exact| split(images, &[1, 2, 4, 8], exact).collect::<Vec<_>>();
        assert!(sizes(0, true).is_empty());
        assert_eq!(sizes(7, true), [4, 2, 1]);
        assert_eq!(sizes(19, true), [8, 8, 2, 1]);
        assert_eq!(sizes(7, false), [8]);
        assert_eq!(sizes(19, false), [8, 8, 4]);
        assert_eq!(sizes(2, false), [2]);
    }
}
