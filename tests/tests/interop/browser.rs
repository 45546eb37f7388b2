//! A person with a browser, as far as login pages need one: cookies, redirects, plain forms.

use std::collections::BTreeMap;

use conformance::transport::blocking;
use oauth_types::form::encode_component;
use oauth_types::{HttpRequest, HttpResponse, Purpose};

/// A browser session.
#[derive(Default)]
pub(crate) struct Browser {
    cookies: BTreeMap<String, String>,
}

/// How the browser came back to the application.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Back {
    /// By a redirect to this URL.
    Redirect(String),
    /// By a form that posted this body to the callback.
    Form(String),
    /// It did not: the pages ended with this text.
    Page(String),
}

/// A login takes two pages and four redirects; a device one page more.
const MAX_PAGES: usize = 20;

impl Browser {
    /// Opens a URL as this person, fills in every form on the way, and stops when it is sent to `callback`.
    pub(crate) fn open(&mut self, url: &str, person: &str, callback: &str) -> Back {
        let mut request = HttpRequest::get(url, Purpose::Resource);
        for _ in 0..MAX_PAGES {
            let at = request.url().to_owned();
            let response = self.send(request);
            if let Some(location) = response.header("location") {
                let location = absolute(&at, location);
                if location.starts_with(callback) {
                    return Back::Redirect(location);
                }
                request = HttpRequest::get(location, Purpose::Resource);
                continue;
            }
            let page = String::from_utf8_lossy(response.body()).into_owned();
            let Some((action, body)) = filled_in(&page, person) else { return Back::Page(page) };
            let action = absolute(&at, &action);
            if action.starts_with(callback) {
                return Back::Form(body);
            }
            request = HttpRequest::post_form(action, Purpose::Resource, body);
        }
        panic!("more than {MAX_PAGES} pages from {url}");
    }

    fn send(&mut self, request: HttpRequest) -> HttpResponse {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = request.with_header("accept", "text/html").with_max_response_bytes(1 << 20);
        let request = if cookies.is_empty() { request } else { request.with_header("cookie", cookies.join("; ")) };
        let response = blocking::send(&blocking::agent(), request).unwrap();
        for cookie in response.header_values("set-cookie") {
            let pair = cookie.split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        response
    }
}

fn absolute(at: &str, location: &str) -> String {
    if location.contains("://") {
        return location.to_owned();
    }
    let origin: Vec<&str> = at.splitn(4, '/').take(3).collect();
    format!("{}{location}", origin.join("/"))
}

/// Where the page's first form goes, and what is sent when it is filled in and submitted.
fn filled_in(page: &str, person: &str) -> Option<(String, String)> {
    let form = page.split("<form").nth(1)?.split("</form>").next()?;
    let action = unescaped(attribute(form, "action")?);
    let mut body = String::new();
    let mut put = |name: &str, value: &str| {
        if !body.is_empty() {
            body.push('&');
        }
        encode_component(name, &mut body);
        body.push('=');
        encode_component(value, &mut body);
    };
    // The form's own tag ends where the first element begins.
    for tag in form.split('<').filter(|tag| tag.starts_with("input")) {
        let Some(name) = attribute(tag, "name") else { continue };
        let value = match name {
            "login" => person.to_owned(),
            "password" => "x".to_owned(),
            _ => unescaped(attribute(tag, "value").unwrap_or_default()),
        };
        put(&unescaped(name), &value);
    }
    Some((action, body))
}

fn attribute<'t>(tag: &'t str, name: &str) -> Option<&'t str> {
    tag.split(&format!("{name}=\"")).nth(1)?.split('"').next()
}

fn unescaped(text: &str) -> String {
    text.replace("&quot;", "\"").replace("&#39;", "'").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}
