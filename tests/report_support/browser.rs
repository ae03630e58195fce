//! Chromium without a window.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A Chromium of this machine, by `FISHRIG_CHROMIUM` or by its usual names; `None`, said loudly, where there is none.
pub fn chromium() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("FISHRIG_CHROMIUM") {
        let path = PathBuf::from(named);
        assert!(
            path.is_file(),
            "FISHRIG_CHROMIUM names {}, which is no file",
            path.display()
        );
        return Some(path);
    }
    let folders: Vec<PathBuf> = std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).collect();
    let found = ["chromium", "chromium-browser", "google-chrome"]
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
        .find(|path| path.is_file());
    if found.is_none() {
        eprintln!(
            "SKIPPED: no chromium, chromium-browser or google-chrome; this test opens the page in one (or set FISHRIG_CHROMIUM)"
        );
    }
    found
}

/// A browser with a profile of its own.
pub struct Browser {
    program: PathBuf,
    profile: tempfile::TempDir,
}

impl Browser {
    pub fn start() -> Option<Self> {
        Some(Self {
            program: chromium()?,
            profile: tempfile::tempdir().unwrap(),
        })
    }

    fn open(&self, page: &Path, fragment: &str, options: &[String]) -> Output {
        let url = format!("file://{}{fragment}", page.canonicalize().unwrap().display());
        Command::new(&self.program)
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--hide-scrollbars",
            ])
            // What a page writes to its console, also about its Content-Security-Policy, comes out on standard error.
            .args(["--enable-logging=stderr", "--v=0"])
            .arg(format!("--user-data-dir={}", self.profile.path().display()))
            .args(options)
            .arg(url)
            .output()
            .unwrap()
    }

    /// The document after its script has run, and what the page wrote to the console.
    pub fn document(&self, page: &Path, fragment: &str) -> (String, Vec<String>) {
        let output = self.open(page, fragment, &["--dump-dom".to_owned()]);
        let errors = String::from_utf8_lossy(&output.stderr);
        let console = errors
            .lines()
            .filter(|line| line.contains("CONSOLE"))
            .map(str::to_owned);
        let console = console.collect();
        let document = String::from_utf8(output.stdout).unwrap();
        assert!(document.contains("</html>"), "no document: {errors}");
        (document, console)
    }

    /// A picture of the top of the page.
    pub fn screenshot(&self, page: &Path, fragment: &str, (width, height): (u32, u32), to: &Path) {
        let options = [
            format!("--screenshot={}", to.display()),
            format!("--window-size={width},{height}"),
        ];
        let output = self.open(page, fragment, &options);
        assert!(to.is_file(), "no picture: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// The page as it would be printed.
    pub fn print(&self, page: &Path, to: &Path) {
        let options = [
            format!("--print-to-pdf={}", to.display()),
            "--no-pdf-header-footer".to_owned(),
        ];
        let output = self.open(page, "", &options);
        assert!(
            to.is_file(),
            "nothing printed: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}
