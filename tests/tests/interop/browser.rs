//! A person with a browser, as far as login pages need one: cookies, redirects, plain forms.

use std::collections::BTreeMap;

use conformance::transport::blocking;
use oauth_types::form::FormBuilder;
use oauth_types::{HttpRequest, HttpResponse, Purpose};
use ureq::Agent;

/// A person at a browser, and its session.
pub(crate) struct Browser {
    agent: Agent,
    person: &'static str,
    /// What the person reads on a device and types in.
    user_code: String,
    declines: bool,
    /// It has said so: the form that comes then is for the next one.
    declined: bool,
    cookies: BTreeMap<String, String>,
    /// How often the person had to log in.
    pub(crate) logins: usize,
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

/// What stands in a button that says no.
const NO: [&str; 2] = ["name=\"abort\"", "value=\"deny\""];
/// A login takes two pages and four redirects; a device one page more.
const MAX_PAGES: usize = 20;

impl Browser {
    pub(crate) fn of(person: &'static str) -> Self {
        let (agent, cookies) = (blocking::agent(), BTreeMap::new());
        Self { agent, person, user_code: String::new(), declines: false, declined: false, cookies, logins: 0 }
    }

    /// Sends with this client.
    #[cfg(feature = "tls")]
    pub(crate) fn with_agent(mut self, agent: Agent) -> Self {
        self.agent = agent;
        self
    }

    /// Types in this code where one is asked for.
    pub(crate) fn typing(mut self, user_code: &str) -> Self {
        user_code.clone_into(&mut self.user_code);
        self
    }

    /// Says no wherever that can be said.
    pub(crate) fn declining(mut self) -> Self {
        self.declines = true;
        self
    }

    /// Opens a URL as this person, fills in every form on the way, and stops when it is sent to `callback`.
    pub(crate) fn open(&mut self, url: &str, callback: &str) -> Back {
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
            if let Some(cancel) = self.declines.then(|| cancel(&page)).flatten() {
                request = HttpRequest::get(absolute(&at, &cancel), Purpose::Resource);
                continue;
            }
            let form = self.fill_in(&page).filter(|_| !self.declined);
            let Some((action, body)) = form else { return Back::Page(page) };
            self.declined = body.ends_with("abort=yes") || body.ends_with("action=deny");
            let action = action.map_or_else(|| at.clone(), |action| absolute(&at, &action));
            if action.starts_with(callback) {
                return Back::Form(body);
            }
            request = HttpRequest::post_form(action, Purpose::Resource, body);
        }
        panic!("more than {MAX_PAGES} pages from {url}");
    }

    /// Where the page's first form goes, if not back, and what is sent when it is filled in and submitted.
    fn fill_in(&mut self, page: &str) -> Option<(Option<String>, String)> {
        let form = page.split("<form").nth(1)?.split("</form>").next()?;
        let action = attribute(form.split('>').next()?, "action").map(unescaped);
        let mut body = FormBuilder::new();
        // The form's own tag ends where the first element begins.
        for tag in form.split('<').filter(|tag| tag.starts_with("input")) {
            let Some(name) = attribute(tag, "name") else { continue };
            if self.declines && attribute(tag, "type") == Some("submit") {
                continue;
            }
            let value = match name {
                "login" | "username" => {
                    self.logins += 1;
                    self.person.to_owned()
                }
                "password" => "x".to_owned(),
                "user_code" => attribute(tag, "value").map_or_else(|| self.user_code.clone(), unescaped),
                _ => unescaped(attribute(tag, "value").unwrap_or_default()),
            };
            body.append(&unescaped(name), &value);
        }
        // What is pressed has its say: the first button, or the one that says no.
        let buttons = || page.split("<button").skip(1).filter_map(|button| button.split('>').next());
        let no = self.declines.then(|| buttons().find(|button| NO.iter().any(|no| button.contains(no)))).flatten();
        if let Some(button) = no.or_else(|| buttons().next())
            && let (Some(name), Some(value)) = (attribute(button, "name"), attribute(button, "value"))
        {
            body.append(name, value);
        }
        Some((action, body.finish()))
    }

    fn send(&mut self, request: HttpRequest) -> HttpResponse {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = request.with_header("accept", "text/html").with_max_response_bytes(1 << 20);
        let request = if cookies.is_empty() { request } else { request.with_header("cookie", cookies.join("; ")) };
        let response = blocking::send(&self.agent, request).unwrap();
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

/// Where the page's link leads that says no.
fn cancel(page: &str) -> Option<String> {
    let link = page.split("<a ").skip(1).find(|link| link.contains("Cancel"))?;
    Some(unescaped(attribute(link, "href")?))
}

fn attribute<'t>(tag: &'t str, name: &str) -> Option<&'t str> {
    tag.split(&format!("{name}=\"")).nth(1)?.split('"').next()
}

fn unescaped(text: &str) -> String {
    text.replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&#x27;", "'")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}
