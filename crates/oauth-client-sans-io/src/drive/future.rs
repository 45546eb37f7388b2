use core::time::Duration;

use jwt_core::{Answer, Moment, Question};
use oauth_types::{HttpRequest, HttpResponse};

use super::{DriveError, delay};
use crate::flow::{Flow, SendFailure, Step};

/// Drives a flow to its end with closures that return futures, on any runtime (see [`drive`](crate::drive) for what each must do).
///
/// The future is `Send` if the closures and theirs are. Dropping it loses nothing but the outstanding answer: the flow is whole, and driving it again resumes it.
///
/// # Errors
///
/// [`DriveError::Flow`] when the flow ends with an error; [`DriveError::Answer`] when `answer` fails, and then the flow is whole and can be driven again.
pub async fn future<F, E, Sleep, Send, Respond>(
    flow: &mut F,
    mut at: impl FnMut() -> Moment,
    mut sleep: impl FnMut(Duration) -> Sleep,
    mut send: impl FnMut(HttpRequest) -> Send,
    mut answer: impl FnMut(Question) -> Respond,
) -> Result<F::Output, DriveError<E>>
where
    F: Flow + ?Sized,
    Sleep: Future<Output = ()>,
    Send: Future<Output = Result<HttpResponse, SendFailure>>,
    Respond: Future<Output = Result<Answer, E>>,
{
    let mut step = flow.resume(at())?;
    loop {
        step = match step {
            Step::Send(request) => match send(request).await {
                Ok(response) => flow.handle_response(at(), response)?,
                Err(failure) => flow.handle_failure(at(), failure)?,
            },
            Step::Ask(question) => flow.handle_answer(at(), answer(question).await.map_err(DriveError::Answer)?)?,
            Step::Wait(until) => {
                sleep(delay(until, at().now())).await;
                flow.poll(at())?
            }
            Step::Done(output) => return Ok(output),
        };
    }
}
