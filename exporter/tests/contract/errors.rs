//! What cannot be exported is an error value that says what and where.

use burn::tensor::activation::{relu, sigmoid};
use burn::tensor::module::interpolate;
use burn::tensor::ops::{InterpolateMode, InterpolateOptions};
use burn::tensor::{Device, Tensor};
use exporter::{Element, Export, ExportError, OnnxModel, Recorder};

fn export(
    forward: impl FnMut(&mut Recorder<'_>) -> Result<(), ExportError>,
) -> Result<OnnxModel, ExportError> {
    let start = Export::new("faulty").input("x", Element::F32, &[4]);
    start.run(forward)
}

fn message(forward: impl FnMut(&mut Recorder<'_>) -> Result<(), ExportError>) -> String {
    export(forward).expect_err("a faulty module").to_string()
}

#[test]
fn an_operator_without_lowering_is_named_with_its_place() {
    let text = message(|recorder| {
        let x = recorder.float::<2>("x")?;
        recorder.output("first", &sigmoid(x.clone()))?;
        recorder.output("second", &relu(x).cumprod(1))
    });
    insta::assert_snapshot!(text, @"no ONNX lowering for Numeric::CumProd at operation 3 on (f32[N, 4]), after output `first`");
}

#[test]
fn a_form_without_lowering_says_what_about_it() {
    let text = message(|recorder| {
        let x = recorder.float::<2>("x")?;
        let image = x.clone().reshape([x.dims()[0], 1, 2, 2]);
        let options = InterpolateOptions::new(InterpolateMode::Lanczos3).with_output_size([3, 3]);
        recorder.output("large", &interpolate(image, options))
    });
    insta::assert_snapshot!(text, @"cannot lower Module::Interpolate at operation 2 on (f32[N, 1, 2, 2]), before any output: the mode Lanczos3");
}

#[test]
fn a_range_that_follows_the_batch_is_refused() {
    let text = message(|recorder| {
        let x = recorder.float::<2>("x")?;
        recorder.output("backwards", &x.slice(burn::tensor::s![..;-1, ..]))
    });
    insta::assert_snapshot!(text, @"operation 1 depends on the batch size: `Base::Slice([2, 4])` against `Base::Slice([3, 4])`");
}

#[test]
fn operators_that_no_output_needs_do_no_harm() {
    let model = export(|recorder| {
        let x = recorder.float::<2>("x")?;
        let _unused = x.clone().cumprod(1);
        recorder.output("y", &relu(x))
    });
    assert!(model.is_ok());
}

#[test]
fn a_number_that_follows_the_batch_is_refused() {
    let text = message(|recorder| {
        let x = recorder.float::<2>("x")?;
        let batch = x.dims()[0] as f32;
        recorder.output("share", &(x / batch))
    });
    insta::assert_snapshot!(text, @"operation 1 depends on the batch size: `Numeric::DivScalar([2, 4])` against `Numeric::DivScalar([3, 4])`");
}

#[test]
fn a_constant_that_follows_the_batch_is_refused() {
    let text = message(|recorder| {
        let x = recorder.float::<2>("x")?;
        let eye = Tensor::<1>::from_floats(&vec![1.0; x.dims()[0]][..], recorder.device());
        recorder.output("y", &(x * eye.unsqueeze_dim::<2>(1)))
    });
    insta::assert_snapshot!(text, @"a constant of shape [2] depends on the batch size (then [3]), used by operation 2");
}

#[test]
fn a_size_that_is_no_multiple_of_the_batch_is_refused() {
    let text = message(|recorder| {
        let x = recorder.float::<2>("x")?;
        let zero = Tensor::<2>::zeros([1, 4], recorder.device());
        recorder.output("y", &Tensor::cat(vec![zero, x], 0))
    });
    insta::assert_snapshot!(text, @"a shape is no multiple of the batch: [3, 4] at one batch size, [4, 4] at another, Base::Cat at operation 2 on (f32[1, 4], f32[N, 4]), before any output");
}

#[test]
fn inputs_must_be_taken_as_declared() {
    let unknown = message(|recorder| recorder.float::<2>("y").map(|_| ()));
    let rank = message(|recorder| recorder.float::<3>("x").map(|_| ()));
    let kind = message(|recorder| recorder.int::<2>("x").map(|_| ()));
    insta::assert_snapshot!([unknown, rank, kind].join("\n"), @r#"
    the input `y` is not declared; declared: x
    the input `x` is declared as f32 of rank 2, but was taken as float of rank 3
    the input `x` is declared as f32 of rank 2, but was taken as int of rank 2
    "#);
}

#[test]
fn outputs_must_exist_be_named_and_live_on_the_capture_device() {
    let none = message(|_| Ok(()));
    let taken = message(|recorder| {
        let x = recorder.float::<2>("x")?;
        recorder.output("x", &relu(x))
    });
    let reserved = message(|recorder| {
        let x = recorder.float::<2>("x")?;
        recorder.output("/y", &relu(x))
    });
    let elsewhere = export(|recorder| {
        let tensor = Tensor::<1>::zeros([1], &Device::default());
        recorder.output("y", &tensor)
    });
    assert!(matches!(elsewhere, Err(ExportError::ForeignTensor { .. })));
    insta::assert_snapshot!([none, taken, reserved].join("\n"), @r#"
    the forward pass declared no output
    the name `x` cannot be used for an output: it is taken
    the name `/y` cannot be used for an output: names with a leading `/` are reserved for inner values
    "#);
}

#[test]
fn an_error_of_the_module_is_handed_through() {
    let error = export(|_| Err(ExportError::module("no such record")));
    let Err(ExportError::Module(source)) = error else {
        panic!("another error");
    };
    assert_eq!(source.to_string(), "no such record");
}
