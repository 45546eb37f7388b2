//! What the documents of this module have in common: typed members of a few kinds, and all others kept as they came.

use alloc::borrow::ToOwned;

use jwt_core::json::Object;

/// Makes the type of a document out of a list of its members.
///
/// | group | value on the wire | accessor |
/// |---|---|---|
/// | `endpoints` | a URL that requests are sent to | `Option<&Endpoint>` |
/// | `links` | a URL of a page | `Option<&str>` |
/// | `lists` | an array of texts | `Option<&[String]>` |
/// | `flags` | a boolean, with its default | `bool` |
/// | `texts` | a text | `Option<&str>` |
/// | `typed` | whatever the type's [`Member`](super::read::Member) reads | its own |
/// | `settings` | nothing: no document says it, and the caller does | `bool` |
macro_rules! document {
    (
        $(#[$doc:meta])*
        $Document:ident { $(#[$id_doc:meta])* $id:ident: $Id:ident }
        endpoints { $($(#[$endpoint_doc:meta])* $endpoint:ident, $with_endpoint:ident;)* }
        links { $($(#[$link_doc:meta])* $link:ident, $with_link:ident;)* }
        lists { $($(#[$list_doc:meta])* $list:ident, $with_list:ident = $list_name:literal;)* }
        flags { $($(#[$flag_doc:meta])* $flag:ident, $with_flag:ident = $flag_name:literal, $default:literal;)* }
        texts { $($(#[$text_doc:meta])* $text:ident, $with_text:ident;)* }
        typed { $($typed:ident: $Typed:ty;)* }
        settings { $($(#[$setting_doc:meta])* $setting:ident, $with_setting:ident;)* }
    ) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $Document {
            $id: $Id,
            $($endpoint: Option<Endpoint>,)*
            $($link: Option<String>,)*
            $($list: Option<Vec<String>>,)*
            $($flag: Option<bool>,)*
            $($text: Option<String>,)*
            $($typed: Option<$Typed>,)*
            $($setting: bool,)*
            extra: Object,
            deviations: Vec<Deviation>,
        }

        impl $Document {
            /// A document that names its subject and says nothing about it: for those without metadata, and for servers that write their own.
            #[must_use]
            pub const fn new($id: $Id) -> Self {
                Self {
                    $id,
                    $($endpoint: None,)*
                    $($link: None,)*
                    $($list: None,)*
                    $($flag: None,)*
                    $($text: None,)*
                    $($typed: None,)*
                    $($setting: false,)*
                    extra: Object::new(),
                    deviations: Vec::new(),
                }
            }

            $(#[$id_doc])*
            #[must_use]
            pub const fn $id(&self) -> &$Id {
                &self.$id
            }

            $(
                $(#[$endpoint_doc])*
                #[must_use]
                pub const fn $endpoint(&self) -> Option<&Endpoint> {
                    self.$endpoint.as_ref()
                }

                #[doc = concat!("Sets `", stringify!($endpoint), "`.")]
                #[must_use]
                pub fn $with_endpoint(mut self, endpoint: Endpoint) -> Self {
                    self.$endpoint = Some(endpoint);
                    self
                }
            )*

            $(
                $(#[$link_doc])*
                #[must_use]
                pub fn $link(&self) -> Option<&str> {
                    self.$link.as_deref()
                }

                #[doc = concat!("Sets `", stringify!($link), "`; what is not a plain `http` or `https` URL is left out.")]
                #[must_use]
                pub fn $with_link(mut self, url: &str) -> Self {
                    self.$link = is_plain_url(url).then(|| url.to_owned());
                    self
                }
            )*

            $(
                $(#[$list_doc])*
                #[must_use]
                pub fn $list(&self) -> Option<&[String]> {
                    self.$list.as_deref()
                }

                #[doc = concat!("Sets `", $list_name, "`; an empty list is none (RFC 8414, section 3.2).")]
                #[must_use]
                pub fn $with_list<T: Into<String>>(mut self, values: impl IntoIterator<Item = T>) -> Self {
                    self.$list = Some(values.into_iter().map(Into::into).collect()).filter(|values: &Vec<String>| !values.is_empty());
                    self
                }
            )*

            $(
                $(#[$flag_doc])*
                #[must_use]
                pub fn $flag(&self) -> bool {
                    self.$flag.unwrap_or($default)
                }

                #[doc = concat!("Sets `", $flag_name, "`.")]
                #[must_use]
                pub const fn $with_flag(mut self, value: bool) -> Self {
                    self.$flag = Some(value);
                    self
                }
            )*

            $(
                $(#[$text_doc])*
                #[must_use]
                pub fn $text(&self) -> Option<&str> {
                    self.$text.as_deref()
                }

                #[doc = concat!("Sets `", stringify!($text), "`; the empty text is none.")]
                #[must_use]
                pub fn $with_text(mut self, text: impl Into<String>) -> Self {
                    self.$text = Some(text.into()).filter(|text| !text.is_empty());
                    self
                }
            )*

            $(
                $(#[$setting_doc])*
                #[must_use]
                pub const fn $setting(&self) -> bool {
                    self.$setting
                }

                #[doc = concat!("Says so of what [`", stringify!($Document), "::", stringify!($setting), "`] is about. It is no member of the document: no server can say it, and")]
                #[doc = "[`Self::to_json`] does not write it."]
                #[must_use]
                pub const fn $with_setting(mut self, value: bool) -> Self {
                    self.$setting = value;
                    self
                }
            )*

            /// The request for a document.
            #[must_use]
            pub fn request(url: &str) -> HttpRequest {
                HttpRequest::get(url, Purpose::Metadata)
            }

            /// The document. Reading it back gives the same again, but for [`Self::deviations`].
            #[must_use]
            pub fn to_json(&self) -> String {
                // Cannot fail: all names are text.
                serde_json::to_string(&self.to_object()).unwrap_or_default()
            }

            /// A server's answer: status 200 and the document. It may be cached, as the keys may not: add what suits you.
            #[must_use]
            pub fn to_http(&self) -> HttpResponse {
                HttpResponse::new(200).with_header("content-type", "application/json").with_body(self.to_json())
            }

            /// All other members.
            #[must_use]
            pub const fn extra(&self) -> &Object {
                &self.extra
            }

            /// Sets a member that has no accessor. One that has is left alone.
            #[must_use]
            pub fn with_extra(mut self, name: &str, value: impl Into<Value>) -> Self {
                if !TYPED.contains(&name) {
                    self.extra.insert(name.to_owned(), value);
                }
                self
            }

            /// What the reading tolerated.
            #[must_use]
            pub fn deviations(&self) -> &[Deviation] {
                &self.deviations
            }

            /// Takes every member that has an accessor out of the document.
            fn take_members(&mut self, members: &mut Members) -> Result<(), MetadataError> {
                $(self.$endpoint = members.take_endpoint(stringify!($endpoint))?;)*
                $(self.$link = members.take_link(stringify!($link))?;)*
                $(self.$list = members.take_list($list_name)?;)*
                $(self.$flag = members.take_flag($flag_name)?;)*
                $(self.$text = members.take_text(stringify!($text))?;)*
                $(self.$typed = <$Typed as Member>::take(members, stringify!($typed))?;)*
                Ok(())
            }

            /// The document: the members with accessors in the order of the accessors, then the others.
            fn to_object(&self) -> Object {
                let mut object = Object::new();
                object.insert(stringify!($id), self.$id.as_str());
                $(if let Some(endpoint) = &self.$endpoint {
                    object.insert(stringify!($endpoint), endpoint.as_str());
                })*
                $(if let Some(url) = &self.$link {
                    object.insert(stringify!($link), url.as_str());
                })*
                $(if let Some(values) = &self.$list {
                    object.insert($list_name, values.clone());
                })*
                $(if let Some(value) = self.$flag {
                    object.insert($flag_name, value);
                })*
                $(if let Some(text) = &self.$text {
                    object.insert(stringify!($text), text.as_str());
                })*
                $(if let Some(value) = &self.$typed {
                    object.insert(stringify!($typed), Member::to_value(value));
                })*
                joined(object, &self.extra)
            }
        }

        /// Shows the names of the members only.
        impl fmt::Debug for $Document {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($Document))
                    .field(stringify!($id), &self.$id)
                    .field("members", &self.to_object())
                    $(.field(stringify!($setting), &self.$setting))*
                    .field("deviations", &self.deviations)
                    .finish()
            }
        }

        /// Names that `with_extra` leaves to their own methods.
        pub(super) const TYPED: &[&str] = &[
            stringify!($id), $(stringify!($endpoint),)* $(stringify!($link),)* $($list_name,)* $($flag_name,)*
            $(stringify!($text),)* $(stringify!($typed),)*
        ];
    };
}

pub(super) use document;

/// The members of `own`, then those of `extra`, which has none of them. (To insert them one by one would take quadratic time, and how many there are is the
/// peer's choice.)
pub(super) fn joined(own: Object, extra: &Object) -> Object {
    let extra = extra.iter().map(|(name, value)| (name.to_owned(), value.clone()));
    own.into_iter().chain(extra).collect()
}
