//! What comes back from devices: answers are checked, put together and made final. Nothing that a
//! device says is believed without its signature.

mod answer;
mod finish;

pub(crate) use answer::check_answer;
pub(crate) use finish::finish;
