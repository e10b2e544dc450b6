//! Comparisons as code, by the rules of `ottl_vm::compare`.

use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{self, AbiParam, InstBuilder, Signature, Type, types};
use ottl_vm::CompareOp;

use super::build::Lowering;
use super::layout;
use super::predicate::With;

/// Texts up to this length are compared by two loads at most, also where the lengths differ.
const SHORT: usize = 16;
/// Longer texts are compared by a function.
const INLINE: usize = 64;

/// About how many instructions a comparison with a text takes.
pub(super) fn cost(text: &[u8]) -> u32 {
    match text.len() {
        0 => 1,
        1..=8 => 5,
        9..=SHORT => 6,
        _ => 12,
    }
}

/// Whether two texts of a length are the same; what loops call for long ones.
pub(super) type Same = extern "C" fn(*const u8, *const u8, usize) -> u8;

impl Lowering<'_> {
    pub(super) fn compare_ints(
        &mut self,
        op: CompareOp,
        lhs: ir::Value,
        rhs: ir::Value,
    ) -> ir::Value {
        let code = match op {
            CompareOp::Eq => IntCC::Equal,
            CompareOp::Ne => IntCC::NotEqual,
            CompareOp::Lt => IntCC::SignedLessThan,
            CompareOp::Le => IntCC::SignedLessThanOrEqual,
            CompareOp::Gt => IntCC::SignedGreaterThan,
            CompareOp::Ge => IntCC::SignedGreaterThanOrEqual,
        };
        self.builder.ins().icmp(code, lhs, rhs)
    }

    /// Not-a-number is unequal to everything, and nothing else.
    pub(super) fn compare_doubles(
        &mut self,
        op: CompareOp,
        lhs: ir::Value,
        rhs: ir::Value,
    ) -> ir::Value {
        let code = match op {
            CompareOp::Eq => FloatCC::Equal,
            CompareOp::Ne => FloatCC::NotEqual,
            CompareOp::Lt => FloatCC::LessThan,
            CompareOp::Le => FloatCC::LessThanOrEqual,
            CompareOp::Gt => FloatCC::GreaterThan,
            CompareOp::Ge => FloatCC::GreaterThanOrEqual,
        };
        self.builder.ins().fcmp(code, lhs, rhs)
    }

    /// Compares the value of a cell; `int` is what [`With::Int`] stands for.
    pub(super) fn compare_cell(
        &mut self,
        op: CompareOp,
        cell: ir::Value,
        with: &With,
        int: Option<ir::Value>,
    ) -> ir::Value {
        let tag = self.field(types::I8, cell, 0);
        match (with, int) {
            (With::Nil, _) => self.compare_nil(op, cell, tag),
            (With::Bool(value), _) => self.compare_bool(op, cell, tag, *value),
            (With::Int(_), Some(int)) => self.compare_number(op, cell, tag, Number::Int(int)),
            (With::Double(value), _) => {
                let value = self.builder.ins().f64const(*value);
                self.compare_number(op, cell, tag, Number::Double(value))
            }
            (With::Text(text), _) => {
                let is_str = self.is_tag(tag, layout::STR_TAG);
                let address = self.field(types::I32, cell, layout::ADDRESS);
                let length = self.field(types::I32, cell, layout::LENGTH);
                let same = self.is_text(Some(is_str), (address, length), text);
                self.negated(same, op == CompareOp::Ne)
            }
            (With::Int(_), None) => unreachable!("the caller evaluates the integer"),
        }
    }

    fn is_tag(&mut self, tag: ir::Value, wanted: u8) -> ir::Value {
        (self.builder.ins()).icmp_imm_u(IntCC::Equal, tag, i64::from(wanted))
    }

    /// Nothing, nil and no bytes are the same; they equal nil and nothing else, and are not less.
    fn compare_nil(&mut self, op: CompareOp, cell: ir::Value, tag: ir::Value) -> ir::Value {
        let negated = match op {
            CompareOp::Eq | CompareOp::Le | CompareOp::Ge => false,
            CompareOp::Ne => true,
            CompareOp::Lt | CompareOp::Gt => return self.builder.ins().iconst(types::I8, 0),
        };
        let is_none = self.is_tag(tag, layout::NONE);
        let is_nil = self.is_tag(tag, layout::NIL);
        let is_bytes = self.is_tag(tag, layout::BYTES_TAG);
        let length = self.field(types::I32, cell, layout::LENGTH);
        let is_empty = self.builder.ins().icmp_imm_u(IntCC::Equal, length, 0);
        let no_bytes = self.builder.ins().band(is_bytes, is_empty);
        let nothing = self.builder.ins().bor(is_none, is_nil);
        let nothing = self.builder.ins().bor(nothing, no_bytes);
        self.negated(nothing, negated)
    }

    fn compare_bool(
        &mut self,
        op: CompareOp,
        cell: ir::Value,
        tag: ir::Value,
        value: bool,
    ) -> ir::Value {
        let is_bool = self.is_tag(tag, layout::BOOL_TAG);
        let known = self.field(types::I8, cell, layout::BOOL);
        let code = match op {
            CompareOp::Eq => IntCC::Equal,
            CompareOp::Ne => IntCC::NotEqual,
            CompareOp::Lt => IntCC::UnsignedLessThan,
            CompareOp::Le => IntCC::UnsignedLessThanOrEqual,
            CompareOp::Gt => IntCC::UnsignedGreaterThan,
            CompareOp::Ge => IntCC::UnsignedGreaterThanOrEqual,
        };
        let holds = (self.builder.ins()).icmp_imm_u(code, known, i64::from(value));
        self.among(op, &[(is_bool, holds)])
    }

    fn compare_number(
        &mut self,
        op: CompareOp,
        cell: ir::Value,
        tag: ir::Value,
        with: Number,
    ) -> ir::Value {
        let is_int = self.is_tag(tag, layout::INT_TAG);
        let is_double = self.is_tag(tag, layout::DOUBLE_TAG);
        let int = self.field(types::I64, cell, layout::NUMBER);
        let double = self.field(types::F64, cell, layout::NUMBER);
        let (holds_int, with) = match with {
            Number::Int(with) => {
                let holds = self.compare_ints(op, int, with);
                (holds, self.builder.ins().fcvt_from_sint(types::F64, with))
            }
            Number::Double(with) => {
                let int = self.builder.ins().fcvt_from_sint(types::F64, int);
                (self.compare_doubles(op, int, with), with)
            }
        };
        let holds_double = self.compare_doubles(op, double, with);
        self.among(op, &[(is_int, holds_int), (is_double, holds_double)])
    }

    /// What holds of the type that a value has; of other types only that they are unequal.
    fn among(&mut self, op: CompareOp, types: &[(ir::Value, ir::Value)]) -> ir::Value {
        let mut result = (self.builder.ins()).iconst(types::I8, i64::from(op == CompareOp::Ne));
        for &(is, holds) in types {
            result = self.builder.ins().select(is, holds, result);
        }
        result
    }

    /// Whether a string is a text. Where `if_so` does not hold it is not, and has no place in memory.
    pub(super) fn is_text(
        &mut self,
        if_so: Option<ir::Value>,
        (place, length): (ir::Value, ir::Value),
        text: &[u8],
    ) -> ir::Value {
        let len = text.len() as i64;
        let mut may = (self.builder.ins()).icmp_imm_u(IntCC::Equal, length, len);
        if let Some(if_so) = if_so {
            may = self.builder.ins().band(may, if_so);
        }
        match text.len() {
            0 => may,
            1..=SHORT => {
                // Where the length differs, some bytes that exist are compared, and do not count.
                let address = self.heap(place);
                let address = self.builder.ins().select(may, address, self.frame);
                let same = self.same_bytes(address, text);
                self.builder.ins().band(may, same)
            }
            _ => {
                let further = self.builder.create_block();
                let join = self.builder.create_block();
                let result = self.builder.append_block_param(join, types::I8);
                let arguments = [may.into()];
                (self.builder.ins()).brif(may, further, &[], join, &arguments);
                self.builder.seal_block(further);
                self.builder.switch_to_block(further);
                let address = self.heap(place);
                let same = match text.len() {
                    ..=INLINE => self.same_bytes(address, text),
                    _ => self.call_same(address, text),
                };
                self.builder.ins().jump(join, &[same.into()]);
                self.builder.seal_block(join);
                self.builder.switch_to_block(join);
                result
            }
        }
    }

    /// Whether the bytes at an address are those of a text of 1 to 64 bytes. The last load may overlap
    /// the one before.
    fn same_bytes(&mut self, address: ir::Value, text: &[u8]) -> ir::Value {
        let (ty, size): (Type, usize) = match text.len() {
            1 => (types::I8, 1),
            2..=3 => (types::I16, 2),
            4..=7 => (types::I32, 4),
            _ => (types::I64, 8),
        };
        let mut starts: Vec<usize> = (0..=text.len() - size).step_by(size).collect();
        if !text.len().is_multiple_of(size) {
            starts.push(text.len() - size);
        }
        let mut differ = None;
        for at in starts {
            let wanted = number(&text[at..at + size]);
            let found = self.bytes(ty, address, at as i32);
            let wanted = self.builder.ins().iconst(ty, wanted);
            let differs = self.builder.ins().bxor(found, wanted);
            differ = Some(match differ {
                None => differs,
                Some(before) => self.builder.ins().bor(before, differs),
            });
        }
        match differ {
            Some(differ) => self.builder.ins().icmp_imm_u(IntCC::Equal, differ, 0),
            None => self.builder.ins().iconst(types::I8, 1),
        }
    }

    fn call_same(&mut self, address: ir::Value, text: &[u8]) -> ir::Value {
        let word = self.word();
        let mut signature = Signature::new(self.builder.func.signature.call_conv);
        signature.params = vec![AbiParam::new(word); 3];
        signature.returns = vec![AbiParam::new(types::I8)];
        let signature = self.builder.import_signature(signature);
        let same: Same = same;
        let function = self.builder.ins().iconst(word, same as usize as i64);
        let known = self.builder.ins().iconst(word, text.as_ptr() as i64);
        let length = self.builder.ins().iconst(word, text.len() as i64);
        let arguments = [address, known, length];
        let call = (self.builder.ins()).call_indirect(signature, function, &arguments);
        self.builder.inst_results(call)[0]
    }
}

enum Number {
    Int(ir::Value),
    Double(ir::Value),
}

/// Bytes as the number that they are when loaded.
fn number(bytes: &[u8]) -> i64 {
    let mut word = [0; 8];
    if cfg!(target_endian = "little") {
        word[..bytes.len()].copy_from_slice(bytes);
        i64::from_le_bytes(word)
    } else {
        word[8 - bytes.len()..].copy_from_slice(bytes);
        i64::from_be_bytes(word)
    }
}

#[expect(unsafe_code, reason = "machine code hands over addresses")]
extern "C" fn same(left: *const u8, right: *const u8, len: usize) -> u8 {
    // SAFETY: `left` are the bytes of a slice of the batch's heap whose length was compared with `len`, and
    // `right` those of a literal of the predicate that the code was made of, which lives as long as
    // the code. Neither changes while a loop runs, which borrows the batch.
    let (left, right) = unsafe {
        (
            std::slice::from_raw_parts(left, len),
            std::slice::from_raw_parts(right, len),
        )
    };
    u8::from(left == right)
}
