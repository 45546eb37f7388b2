//! With curl.

use curl::easy::{Easy, List};
use oauth_client_sans_io::SendFailure;
use oauth_types::{HttpRequest, HttpResponse, Method};

/// Sends one request by its contract, on a connection of its own.
///
/// # Errors
///
/// [`SendFailure::NotSent`] where certainly nothing reached the server, otherwise [`SendFailure::Unknown`], also for an answer over the size limit.
pub fn send(request: &HttpRequest) -> Result<HttpResponse, SendFailure> {
    let mut easy = prepare(request).map_err(|_| SendFailure::NotSent)?;
    let limit = request.contract().max_response_bytes();
    let (mut fields, mut body) = (Vec::new(), Vec::new());
    let outcome = {
        let mut transfer = easy.transfer();
        let set = transfer
            .header_function(|line| {
                // The status line of an interim response is followed by that of the next: only the last one's fields count.
                if line.starts_with(b"HTTP/") {
                    fields.clear();
                } else if let Some((name, value)) =
                    core::str::from_utf8(line).ok().and_then(|line| line.split_once(':'))
                {
                    fields.push((name.to_owned(), value.trim().to_owned()));
                }
                true
            })
            .and_then(|()| {
                transfer.write_function(|chunk| {
                    // Taking less than all of it ends the transfer.
                    if body.len().saturating_add(chunk.len()) > limit {
                        return Ok(0);
                    }
                    body.extend_from_slice(chunk);
                    Ok(chunk.len())
                })
            });
        set.map_err(|_| SendFailure::NotSent)?;
        transfer.perform()
    };
    outcome.map_err(|error| failure(&error))?;
    let status = easy.response_code().ok().and_then(|code| u16::try_from(code).ok()).ok_or(SendFailure::Unknown)?;
    let response = HttpResponse::new(status).with_body(body);
    Ok(fields.iter().fold(response, |response, (name, value)| response.with_header(name, value)))
}

fn prepare(request: &HttpRequest) -> Result<Easy, curl::Error> {
    let mut easy = Easy::new();
    easy.url(request.url())?;
    easy.path_as_is(true)?;
    easy.follow_location(false)?;
    easy.proxy("")?;
    easy.timeout(request.contract().timeout())?;
    easy.fresh_connect(true)?;
    easy.http_09_allowed(false)?;
    let mut list = List::new();
    for (name, value) in request.headers() {
        list.append(&format!("{name}: {value}"))?;
    }
    // No `100-continue` in between.
    list.append("Expect:")?;
    easy.http_headers(list)?;
    match request.method() {
        Method::Get => easy.get(true)?,
        Method::Post => {
            easy.post(true)?;
            easy.post_fields_copy(request.body())?;
        }
        other @ (Method::Put | Method::Delete) => {
            easy.custom_request(other.as_str())?;
            if !request.body().is_empty() {
                easy.post_fields_copy(request.body())?;
            }
        }
    }
    Ok(easy)
}

/// "Unsupported protocol" is not among them: curl says that of an answer that is no HTTP, too.
fn failure(error: &curl::Error) -> SendFailure {
    let unsent = error.is_couldnt_connect()
        || error.is_couldnt_resolve_host()
        || error.is_couldnt_resolve_proxy()
        || error.is_url_malformed()
        || error.is_ssl_connect_error()
        || error.is_peer_failed_verification();
    if unsent { SendFailure::NotSent } else { SendFailure::Unknown }
}
