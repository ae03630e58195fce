//! What drawn networks are made of.

use crate::convert::onnx::{AttributeProto, GraphBuilder, attribute, f32_tensor, i8_tensor};

/// Whole numbers in a drawn order; the top bits of a linear congruential generator (Knuth's MMIX constants).
pub(super) fn numbers(seed: u64) -> impl FnMut() -> u32 {
    let mut state = seed;
    move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as u32
    }
}

/// A convolution with drawn weights and biases.
pub(super) struct Drawn {
    /// Outputs, inputs of a group, rows, columns.
    pub shape: [usize; 4],
    /// What a weight of -128 to 127 counts.
    pub scale: f32,
    /// The least bias, and the greatest, in thousandths.
    pub bias: [i32; 2],
    /// Strides, pads, groups.
    pub window: Vec<AttributeProto>,
    /// Whether its weights are bytes in the file.
    pub bytes: bool,
}

impl Drawn {
    /// Its node, which reads `input`; the name of what it makes.
    pub fn node(self, graph: &mut GraphBuilder, next: &mut impl FnMut() -> u32, name: &str, input: &str) -> String {
        let (shape, outputs) = (self.shape, self.shape[0]);
        let count = shape.iter().product();
        let part = |part: &str| format!("{name}.{part}");
        let weights: Vec<i8> = (0..count).map(|_| next() as i8).collect();
        let weights = if self.bytes {
            let weights = graph.initializer(i8_tensor(&part("weights"), &shape, &weights));
            let scales = graph.initializer(f32_tensor(&part("scales"), &[outputs], &vec![self.scale; outputs]));
            let zeros = graph.initializer(i8_tensor(&part("zeros"), &[outputs], &vec![0; outputs]));
            let axis = vec![attribute::int("axis", 0)];
            graph.node("DequantizeLinear", &part("kernel"), &[&weights, &scales, &zeros], axis)
        } else {
            let weights: Vec<f32> = weights.iter().map(|weight| f32::from(*weight) * self.scale).collect();
            graph.initializer(f32_tensor(&part("weights"), &shape, &weights))
        };
        let [least, most] = self.bias;
        let bias = |_| (least + (next() % (most - least + 1) as u32) as i32) as f32 / 1000.0;
        let bias: Vec<f32> = (0..outputs).map(bias).collect();
        let bias = graph.initializer(f32_tensor(&part("bias"), &[outputs], &bias));
        let mut window = self.window;
        window.push(attribute::ints("kernel_shape", &[shape[2] as i64, shape[3] as i64]));
        graph.node("Conv", name, &[input, &weights, &bias], window)
    }
}
