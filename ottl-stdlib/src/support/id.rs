//! Trace and span ids from bytes or hexadecimal digits.

use otlp_columns::Slice;
use ottl_vm::{BindArg, BindArgs, BindError, CallContext, ExecError, Literal, text};

/// Rejects a literal argument that is no id of `N` bytes.
pub(crate) fn check_literal<const N: usize>(args: &BindArgs<'_>) -> Result<(), BindError> {
    let Some(BindArg::Literal(literal)) = args.args.first() else {
        return Ok(());
    };
    let number;
    let bytes: &[u8] = match literal {
        Literal::String(bytes) | Literal::Bytes(bytes) => bytes,
        Literal::Nil => &[],
        Literal::Bool(value) => &[u8::from(*value)],
        Literal::Int(value) => {
            number = value.to_be_bytes();
            &number
        }
        Literal::Double(value) => {
            number = value.to_be_bytes();
            &number
        }
        // A list or map has no bytes, which the call says.
        Literal::List(_) | Literal::Map(_) => return Ok(()),
    };
    if bytes.len() == N {
        return Ok(());
    }
    let digits = decode::<N>(bytes).map_err(|error| BindError::param(0, error.message()))?;
    debug_assert_eq!(digits.len(), N);
    Ok(())
}

/// The id that the first argument is.
pub(crate) fn read<const N: usize>(cx: &mut CallContext<'_>) -> Result<Slice, ExecError> {
    let bytes = cx.bytes_like(0)?.unwrap_or(Slice::EMPTY);
    if bytes.len as usize == N {
        return Ok(bytes);
    }
    let id = decode::<N>(cx.bytes(bytes))?;
    Ok(cx.heap_mut().alloc(&id))
}

fn decode<const N: usize>(digits: &[u8]) -> Result<Vec<u8>, ExecError> {
    if digits.len() != 2 * N {
        return Err(ExecError::new(format!(
            "An id of {N} bytes or {} hexadecimal digits is needed, but there are {} bytes.",
            2 * N,
            digits.len()
        )));
    }
    text::unhex(digits).ok_or_else(|| ExecError::new("The id has other than hexadecimal digits."))
}
