use core::time::Duration;

use jwt_core::{Answer, Moment, Question};
use oauth_types::{HttpRequest, HttpResponse};

use super::{DriveError, delay};
use crate::flow::{Flow, SendFailure, Step};

/// Drives a flow to its end with blocking closures (see [`drive`](crate::drive) for what each must do).
///
/// # Errors
///
/// [`DriveError::Flow`] when the flow ends with an error; [`DriveError::Answer`] when `answer` fails, and then the flow is whole and can be driven again.
pub fn blocking<F: Flow + ?Sized, E>(
    flow: &mut F,
    mut at: impl FnMut() -> Moment,
    mut sleep: impl FnMut(Duration),
    mut send: impl FnMut(HttpRequest) -> Result<HttpResponse, SendFailure>,
    mut answer: impl FnMut(Question) -> Result<Answer, E>,
) -> Result<F::Output, DriveError<E>> {
    let mut step = flow.resume(at())?;
    loop {
        step = match step {
            Step::Send(request) => match send(request) {
                Ok(response) => flow.handle_response(at(), response)?,
                Err(failure) => flow.handle_failure(at(), failure)?,
            },
            Step::Ask(question) => flow.handle_answer(at(), answer(question).map_err(DriveError::Answer)?)?,
            Step::Wait(until) => {
                sleep(delay(until, at().now()));
                flow.poll(at())?
            }
            Step::Done(output) => return Ok(output),
        };
    }
}
