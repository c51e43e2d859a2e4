//! Listings of directories, as the web servers of mirrors write them (Apache, nginx, lighttpd, Caddy):
//! pages in HTML with a link for each name.

/// The names in a directory of a server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    names: Vec<String>,
}

impl Listing {
    /// Reads the page of a directory, whose address ends in `/`; `None` where it is no listing: an error page and a
    /// login are answered with status 200, too.
    pub fn parse(page: &str, directory: &str) -> Option<Listing> {
        let links: Vec<&str> = links(page).collect();
        let is_parent = |link: &&str| matches!(*link, ".." | "../");
        let is_listing = has_title(page) || links.iter().any(is_parent);
        is_listing.then(|| Listing {
            names: links
                .into_iter()
                .filter_map(|link| name_of(link, directory))
                .collect(),
        })
    }

    /// Returns the names of files.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        let names = self.names.iter().map(String::as_str);
        names.filter(|name| !name.ends_with('/'))
    }

    /// Returns the names of directories, without the `/` at their end.
    pub fn directories(&self) -> impl Iterator<Item = &str> {
        self.names.iter().filter_map(|name| name.strip_suffix('/'))
    }
}

/// Returns whether the title or the first heading of a page is the one of a listing.
fn has_title(page: &str) -> bool {
    let page = page.to_ascii_lowercase();
    ["<title>", "<h1>"].iter().any(|tag| {
        let after = page.split_once(tag).map(|(_, after)| after.trim_start());
        after.is_some_and(|text| text.starts_with("index of"))
    })
}

/// The length of the longest tag that is read.
const LONGEST_TAG: usize = 8 << 10;

/// Returns the addresses of a page's links, as they are written. A tag ends where the next one begins at the latest,
/// so that each byte of a page is looked at a few times, whatever is in it.
fn links(page: &str) -> impl Iterator<Item = &str> {
    // An attribute's name is written in any case, and its value in any quotes or in none.
    page.split('<').skip(1).filter_map(|tag| {
        let is_link = tag
            .get(..1)
            .is_some_and(|name| name.eq_ignore_ascii_case("a"));
        let attributes = tag.get(1..).filter(|_| is_link)?;
        if !attributes.starts_with(|c: char| c.is_ascii_whitespace()) {
            return None;
        }
        let (attributes, _) = attributes.split_once('>')?;
        if attributes.len() > LONGEST_TAG {
            return None;
        }
        let name = attributes.to_ascii_lowercase().find("href=")?;
        let value = attributes.get(name + "href=".len()..)?;
        match value.chars().next()? {
            quote @ ('"' | '\'') => value.get(1..)?.split(quote).next(),
            _ => value.split_ascii_whitespace().next(),
        }
    })
}

/// Returns the name that a link of a listing stands for: one that is in the directory itself. Links that
/// sort the listing, and those to other pages, are none.
fn name_of(link: &str, directory: &str) -> Option<String> {
    let link = link.split(['?', '#']).next()?;
    let name = decoded(link)?;
    // Some write the whole path, or the whole address, by either scheme.
    let whole = directory.split_once("://").map_or("", |(_, rest)| rest);
    let path = whole.find('/').and_then(|at| whole.get(at..));
    let path = path.unwrap_or("/");
    let name = match name.split_once("://") {
        Some((_, rest)) => rest.strip_prefix(whole),
        None if name.starts_with("//") => name.get(2..)?.strip_prefix(whole),
        None if name.starts_with('/') => name.strip_prefix(path),
        None => Some(name.strip_prefix("./").unwrap_or(&name)),
    }?;
    let bare = name.strip_suffix('/').unwrap_or(name);
    let is_own =
        !bare.is_empty() && bare != "." && bare != ".." && !bare.contains(['/', ':', '\\']);
    (is_own && !bare.contains(char::is_control)).then(|| name.to_owned())
}

/// Returns a path with its escapes (`%2B`) decoded.
fn decoded(link: &str) -> Option<String> {
    let link = link.replace("&amp;", "&");
    let mut pieces = link.split('%');
    let mut bytes = pieces.next()?.as_bytes().to_vec();
    for piece in pieces {
        let (digits, rest) = piece.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        bytes.extend(rest.as_bytes());
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(page: &str) -> Option<Vec<String>> {
        Listing::parse(page, "https://a.example.org/linux/Packages/f/").map(|listing| listing.names)
    }

    #[test]
    fn apache() {
        let page = r#"<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2 Final//EN">
<html>
 <head><title>Index of /linux/Packages/f</title></head>
 <body>
<h1>Index of /linux/Packages/f</h1>
<pre><img src="/icons/blank.gif" alt="Icon "> <a href="?C=N;O=D">Name</a> <a href="?C=M;O=A">Last modified</a><hr>
<img src="/icons/back.gif" alt="[PARENTDIR]"> <a href="/linux/Packages/">Parent Directory</a>                    -
<img src="/icons/folder.gif" alt="[DIR]"> <a href="old/">old/</a>          2026-04-11 03:35    -
<img src="/icons/unknown.gif" alt="[   ]"> <a href="f-1.0-1.noarch.rpm">f-1.0-1.noarch.rpm</a>  2026-04-11 03:35  12K
<img src="/icons/unknown.gif" alt="[   ]"> <a href="f%2b%2b-1.0-1.noarch.rpm">f++-1.0-1.noa..&gt;</a>  2026-04-11 03:35  12K
</pre></body></html>
"#;
        let found = names(page).unwrap();
        assert_eq!(
            found,
            ["old/", "f-1.0-1.noarch.rpm", "f++-1.0-1.noarch.rpm"]
        );
    }

    #[test]
    fn nginx() {
        let page = "<html>\r\n<head><title>Index of /rocky/</title></head>\r\n<body>\r\n\
            <h1>Index of /rocky/</h1><hr><pre><a href=\"../\">../</a>\r\n\
            <a href=\"9.8/\">9.8/</a>                 26-May-2026 10:00       -\r\n\
            <a href=\"fullfilelist\">fullfilelist</a>  26-May-2026 10:00   9M\r\n\
            </pre><hr></body>\r\n</html>\r\n";
        assert_eq!(names(page).unwrap(), ["9.8/", "fullfilelist"]);
    }

    #[test]
    fn caddy() {
        let page = "<!DOCTYPE html><html><head><title>/alma/</title></head><body>\
            <A class=up HREF='..'>up</A><a href=\"./10.1/\"><svg></svg>10.1</a>\
            <a href=./TIME>TIME</a><a href=\"https://caddyserver.com\">Caddy</a></body></html>";
        assert_eq!(names(page).unwrap(), ["10.1/", "TIME"]);
    }

    #[test]
    fn links_that_are_whole() {
        let page = "<title>Index of /</title><a href=\"/linux/Packages/f/a.rpm\">a</a>\
            <a href=\"https://a.example.org/linux/Packages/f/b/\">b</a>\
            <a href=\"http://a.example.org/linux/Packages/f/c%2B.rpm\">c</a>\
            <a href=\"//a.example.org/linux/Packages/f/d\">d</a>\
            <a href=\"/linux/Packages/g/no\">no</a><a href=\"https://b.example.org/linux/Packages/f/no\">no</a>\
            <a href=\"/linux/Packages/f/\">no</a><a href=\"/linux/Packages/f/x/no\">no</a>";
        assert_eq!(names(page).unwrap(), ["a.rpm", "b/", "c+.rpm", "d"]);
    }

    #[test]
    fn other_pages_are_no_listings() {
        for page in [
            "",
            "not found",
            "<html><title>404 Not Found</title><a href=\"/\">home</a></html>",
            "<html><title>Sign in</title><a href=\"login/\">Sign in</a></html>",
            "<?xml version=\"1.0\"?><repomd></repomd>",
            "<a href=\"",
            "<title>Index",
        ] {
            assert_eq!(names(page), None, "{page}");
        }
    }

    /// Each tag begins with a link and ends never: with a search for its end through the rest, this takes hours.
    #[test]
    fn a_page_of_tags_without_end() {
        let page = format!("<title>Index of /</title>{}", "<a href=x ".repeat(800_000));
        assert_eq!(names(&page).unwrap(), [""; 0]);
        let page = format!(
            "<title>Index of /</title><a {} href=\"x\">",
            "x".repeat(9000)
        );
        assert_eq!(names(&page).unwrap(), [""; 0]);
    }

    #[test]
    fn names_stay_in_the_directory() {
        let page = "<h1>Index of /</h1><a href=\"%2e%2e/x\">x</a><a href=\"a%2Fb\">b</a><a href=\"..\">up</a>\
            <a href=\"javascript:x\">x</a><a href=\"%ff\">x</a><a href=\"%1\">x</a><a href=\"%0A\">x</a>\
            <abbr href=\"no\"><a\u{301} href=\"no\"><a title=\"ž\" href=\"yes\">";
        assert_eq!(names(page).unwrap(), ["yes"]);
    }
}
