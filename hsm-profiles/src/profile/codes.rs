//! Return codes as profiles name them.

/// Whether a profile may name this code: a name of the standard, or a vendor's number as
/// `0x8000000B` (eight digits in upper case, the vendor's bit set). Anything else could never be
/// returned, and a misspelt code would fall silently into "unknown".
pub(super) fn is_code(text: &str) -> bool {
    match text.strip_prefix("0x") {
        Some(digits) => {
            let upper = |c: char| c.is_ascii_digit() || matches!(c, 'A'..='F');
            let vendor = matches!(digits.chars().next(), Some('8' | '9' | 'A'..='F'));
            digits.len() == 8 && vendor && digits.chars().all(upper)
        }
        None => NAMES.contains(&text),
    }
}

/// The codes of PKCS#11 3.2 that a call of the driver can return, without `CKR_OK`.
const NAMES: [&str; 74] = [
    "CKR_ACTION_PROHIBITED",
    "CKR_ARGUMENTS_BAD",
    "CKR_ATTRIBUTE_READ_ONLY",
    "CKR_ATTRIBUTE_SENSITIVE",
    "CKR_ATTRIBUTE_TYPE_INVALID",
    "CKR_ATTRIBUTE_VALUE_INVALID",
    "CKR_BUFFER_TOO_SMALL",
    "CKR_CANCEL",
    "CKR_CANT_LOCK",
    "CKR_CRYPTOKI_ALREADY_INITIALIZED",
    "CKR_CRYPTOKI_NOT_INITIALIZED",
    "CKR_CURVE_NOT_SUPPORTED",
    "CKR_DATA_INVALID",
    "CKR_DATA_LEN_RANGE",
    "CKR_DEVICE_ERROR",
    "CKR_DEVICE_MEMORY",
    "CKR_DEVICE_REMOVED",
    "CKR_DOMAIN_PARAMS_INVALID",
    "CKR_FUNCTION_CANCELED",
    "CKR_FUNCTION_FAILED",
    "CKR_FUNCTION_NOT_PARALLEL",
    "CKR_FUNCTION_NOT_SUPPORTED",
    "CKR_FUNCTION_REJECTED",
    "CKR_GENERAL_ERROR",
    "CKR_HOST_MEMORY",
    "CKR_INFORMATION_SENSITIVE",
    "CKR_KEY_CHANGED",
    "CKR_KEY_FUNCTION_NOT_PERMITTED",
    "CKR_KEY_HANDLE_INVALID",
    "CKR_KEY_INDIGESTIBLE",
    "CKR_KEY_NEEDED",
    "CKR_KEY_NOT_NEEDED",
    "CKR_KEY_SIZE_RANGE",
    "CKR_KEY_TYPE_INCONSISTENT",
    "CKR_KEY_UNEXTRACTABLE",
    "CKR_LIBRARY_LOAD_FAILED",
    "CKR_MECHANISM_INVALID",
    "CKR_MECHANISM_PARAM_INVALID",
    "CKR_MUTEX_BAD",
    "CKR_MUTEX_NOT_LOCKED",
    "CKR_NEED_TO_CREATE_THREADS",
    "CKR_NEW_PIN_MODE",
    "CKR_NO_EVENT",
    "CKR_OBJECT_HANDLE_INVALID",
    "CKR_OPERATION_ACTIVE",
    "CKR_OPERATION_NOT_INITIALIZED",
    "CKR_PENDING",
    "CKR_PIN_EXPIRED",
    "CKR_PIN_INCORRECT",
    "CKR_PIN_INVALID",
    "CKR_PIN_LEN_RANGE",
    "CKR_PIN_LOCKED",
    "CKR_PIN_TOO_WEAK",
    "CKR_RANDOM_NO_RNG",
    "CKR_RANDOM_SEED_NOT_SUPPORTED",
    "CKR_SESSION_CLOSED",
    "CKR_SESSION_COUNT",
    "CKR_SESSION_EXISTS",
    "CKR_SESSION_HANDLE_INVALID",
    "CKR_SESSION_READ_ONLY",
    "CKR_SESSION_READ_WRITE_SO_EXISTS",
    "CKR_SLOT_ID_INVALID",
    "CKR_TEMPLATE_INCOMPLETE",
    "CKR_TEMPLATE_INCONSISTENT",
    "CKR_TOKEN_NOT_INITIALIZED",
    "CKR_TOKEN_NOT_PRESENT",
    "CKR_TOKEN_NOT_RECOGNIZED",
    "CKR_TOKEN_RESOURCE_EXCEEDED",
    "CKR_TOKEN_WRITE_PROTECTED",
    "CKR_USER_ALREADY_LOGGED_IN",
    "CKR_USER_ANOTHER_ALREADY_LOGGED_IN",
    "CKR_USER_NOT_LOGGED_IN",
    "CKR_USER_PIN_NOT_INITIALIZED",
    "CKR_USER_TYPE_INVALID",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standard_names_and_numbers_of_vendors_are_codes() {
        for good in ["CKR_PIN_LOCKED", "0x8000000B", "0xCE534351"] {
            assert!(is_code(good), "{good}");
        }
        for bad in [
            "CKR_PIN_LOKED",
            "CKR_OK",
            "0x8000000b",
            "0x800000B",
            "0x0000000B",
            "0x8000000BB",
            "8000000B",
            "",
        ] {
            assert!(!is_code(bad), "{bad}");
        }
    }

    /// The driver spells return codes from cryptoki's variants; a name here must be one of those.
    #[test]
    fn the_driver_spells_them_so() {
        use cryptoki::error::RvError;
        for code in [
            RvError::PinTooWeak,
            RvError::SessionReadWriteSoExists,
            RvError::RandomNoRng,
            RvError::UserAnotherAlreadyLoggedIn,
            RvError::CurveNotSupported,
        ] {
            let error = cryptoki::error::Error::Pkcs11(code, cryptoki::context::Function::Login);
            let called = crate::error::of_call(&error, |name| {
                assert!(is_code(name), "{name}");
                crate::error::ErrorClass::Unknown
            });
            assert!(matches!(called, crate::error::HsmError::Call { .. }));
        }
    }
}
