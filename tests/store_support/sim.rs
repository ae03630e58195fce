//! A disk in memory that can lose its power after any operation.
//!
//! What a cut may leave is what POSIX allows, which is more than ext4 or f2fs would do:
//! * a file's content that was not synced: nothing, any first part, the right length of zeros, or with a block of zeros or garbage in it;
//! * a name in a directory that was not synced: each name by itself shows any of the values it had since the last sync, so that of a
//!   rename both names, one or none may be there;
//! * replacing a name is one step: the old file or the new one.
//!
//! Syncing a directory keeps its names, not the files behind them; syncing a file does not keep its name. A sync of a file that failed
//! has thrown its content away: a later one succeeds and keeps nothing.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Component, Path};
use std::rc::Rc;
use std::sync::Arc;

use fishrig::store::{Entry, EntryKind, Storage};
use rand::Rng;
use rand::seq::IndexedRandom;

/// The content of a file.
pub type Bytes = Arc<[u8]>;
/// A tree as a reader sees it: paths of files with their content; directories have none and end with `/`.
pub type Tree = BTreeMap<String, Option<Bytes>>;

type Node = usize;
const TOP: Node = 0;

/// What is on the disk and what is only in memory.
#[derive(Clone)]
pub struct Model {
    nodes: Vec<Arc<Content>>,
}

#[derive(Clone)]
enum Content {
    File {
        live: Bytes,
        durable: bool,
        /// A sync failed: nothing makes the content durable any more.
        lost: bool,
    },
    Directory {
        durable: BTreeMap<String, Node>,
        /// Changes since the last sync, oldest first.
        pending: Vec<(String, Option<Node>)>,
    },
}

impl Content {
    fn empty_directory() -> Self {
        Self::Directory {
            durable: BTreeMap::new(),
            pending: Vec::new(),
        }
    }
}

impl Model {
    /// A disk with one durable directory `/disk`.
    pub fn new() -> Self {
        let mut model = Self {
            nodes: vec![Arc::new(Content::empty_directory())],
        };
        let disk = model.add(Content::empty_directory());
        model.change(TOP, "disk", Some(disk));
        model.sync(TOP);
        model
    }

    fn add(&mut self, content: Content) -> Node {
        self.nodes.push(Arc::new(content));
        self.nodes.len() - 1
    }

    fn change(&mut self, directory: Node, name: &str, to: Option<Node>) {
        match Arc::make_mut(&mut self.nodes[directory]) {
            Content::Directory { pending, .. } => pending.push((name.to_owned(), to)),
            Content::File { .. } => panic!("not a directory"),
        }
    }

    fn sync(&mut self, node: Node) {
        match Arc::make_mut(&mut self.nodes[node]) {
            Content::File { durable, lost, .. } => *durable |= !*lost,
            Content::Directory { durable, pending } => apply(durable, pending.drain(..)),
        }
    }

    fn names(&self, node: Node) -> io::Result<BTreeMap<String, Node>> {
        match &*self.nodes[node] {
            Content::File { .. } => Err(io::ErrorKind::NotADirectory.into()),
            Content::Directory { durable, pending } => {
                let mut names = durable.clone();
                apply(&mut names, pending.iter().cloned());
                Ok(names)
            }
        }
    }

    fn find(&self, path: &Path) -> io::Result<Node> {
        let mut node = TOP;
        for part in path.components() {
            if let Component::Normal(name) = part {
                let names = self.names(node)?;
                node = *names.get(name.to_str().unwrap()).ok_or(io::ErrorKind::NotFound)?;
            }
        }
        Ok(node)
    }

    fn parent(&self, path: &Path) -> io::Result<(Node, String)> {
        let directory = self.find(path.parent().unwrap())?;
        Ok((directory, path.file_name().unwrap().to_str().unwrap().to_owned()))
    }

    /// Everything below `path`, by paths relative to it; empty where there is nothing.
    pub fn tree(&self, path: &str) -> Tree {
        let mut tree = Tree::new();
        if let Ok(node) = self.find(Path::new(path)) {
            self.collect(node, "", &mut tree);
        }
        tree
    }

    fn collect(&self, node: Node, at: &str, tree: &mut Tree) {
        match &*self.nodes[node] {
            Content::File { live, .. } => {
                tree.insert(at.to_owned(), Some(live.clone()));
            }
            Content::Directory { .. } => {
                tree.insert(format!("{at}/"), None);
                for (name, child) in self.names(node).unwrap() {
                    self.collect(child, &format!("{at}/{name}"), tree);
                }
            }
        }
    }

    /// A number that differs for different trees.
    pub fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.tree("/").hash(&mut hasher);
        hasher.finish()
    }

    /// What is certainly left when the power goes now: all that was synced and nothing else.
    pub fn only_durable(&self) -> Self {
        self.after_cut(&mut |_| 0, &mut |_| Vec::new())
    }

    /// What is left if the disk was quick: everything.
    pub fn everything(&self) -> Self {
        let mut state = self.clone();
        for node in 0..state.nodes.len() {
            if let Content::File { lost, .. } = Arc::make_mut(&mut state.nodes[node]) {
                *lost = false;
            }
            state.sync(node);
        }
        state
    }

    /// Something that may be left.
    pub fn random_cut(&self, random: &mut impl Rng) -> Self {
        // Some cuts keep nearly all names, some nearly none: halves alone would hardly ever show a deep path.
        let keep = *[0.1, 0.5, 0.9].choose(random).unwrap();
        let tear = *[0.2, 0.8].choose(random).unwrap();
        let random = RefCell::new(random);
        self.after_cut(
            &mut |choices| {
                let mut random = random.borrow_mut();
                if random.random_bool(keep) {
                    choices - 1
                } else {
                    random.random_range(0..choices)
                }
            },
            &mut |live| {
                let mut random = random.borrow_mut();
                if random.random_bool(tear) {
                    torn(live, &mut **random)
                } else {
                    live.to_vec()
                }
            },
        )
    }

    /// `choose(n)` gives one of the n values that a name may show, the oldest first; `left` what is left of a content.
    fn after_cut(&self, choose: &mut dyn FnMut(usize) -> usize, left: &mut dyn FnMut(&[u8]) -> Vec<u8>) -> Self {
        let mut state = self.clone();
        for content in &mut state.nodes {
            match &**content {
                Content::File { durable: true, .. } => {}
                Content::File { live, .. } => {
                    *content = Arc::new(Content::File {
                        live: left(live).into(),
                        durable: true,
                        lost: false,
                    });
                }
                Content::Directory { pending, .. } if pending.is_empty() => {}
                Content::Directory { durable, pending } => {
                    let mut values: BTreeMap<&String, Vec<Option<Node>>> = BTreeMap::new();
                    for (name, to) in pending {
                        let values = values.entry(name).or_insert_with(|| vec![durable.get(name).copied()]);
                        values.push(*to);
                    }
                    let mut names = durable.clone();
                    let chosen = values
                        .into_iter()
                        .map(|(name, values)| (name.clone(), values[choose(values.len())]));
                    apply(&mut names, chosen);
                    *content = Arc::new(Content::Directory {
                        durable: names,
                        pending: Vec::new(),
                    });
                }
            }
        }
        state
    }
}

fn apply(names: &mut BTreeMap<String, Node>, changes: impl IntoIterator<Item = (String, Option<Node>)>) {
    for (name, to) in changes {
        match to {
            Some(node) => names.insert(name, node),
            None => names.remove(&name),
        };
    }
}

fn torn(live: &[u8], random: &mut (impl Rng + ?Sized)) -> Vec<u8> {
    const BLOCK: usize = 64;
    let mut content = live.to_vec();
    let blocks = live.len().div_ceil(BLOCK).max(1);
    let start = random.random_range(0..blocks) * BLOCK;
    let block = start.min(live.len())..(start + BLOCK).min(live.len());
    match random.random_range(0..5) {
        0 => content.clear(),
        1 => content.truncate(start),
        2 => content.fill(0),
        3 => content[block].fill(0),
        _ => random.fill(&mut content[block]),
    }
    content
}

/// One call of the storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    CreateDirectory,
    CreateFile,
    SyncFile,
    SyncDirectory,
    Rename,
    Replace,
    Remove,
    /// Reading, listing, measuring, locking.
    Look,
}

/// When to fail.
#[derive(Debug, Clone, Copy)]
pub struct Fault {
    /// The number of the call, from 0.
    pub at: usize,
    /// Every call from there on fails, too.
    pub forever: bool,
    /// With what.
    pub errno: rustix::io::Errno,
}

/// Which calls to leave out while saying that they worked.
pub type Swallow = fn(Kind, &str) -> bool;

struct Inside {
    model: Model,
    calls: usize,
    fault: Option<Fault>,
    swallow: Option<Swallow>,
    swallowed: usize,
    /// Every sync with its path.
    syncs: Vec<(Kind, String)>,
    /// The disk after each call that changes it.
    history: Vec<Model>,
}

/// A handle on the simulated disk; clones are the same disk.
#[derive(Clone)]
pub struct SimDisk(Rc<RefCell<Inside>>);

pub struct OpenFile {
    node: Node,
    path: String,
}

impl SimDisk {
    pub fn new(model: Model) -> Self {
        Self(Rc::new(RefCell::new(Inside {
            model,
            calls: 0,
            fault: None,
            swallow: None,
            swallowed: 0,
            syncs: Vec::new(),
            history: Vec::new(),
        })))
    }

    pub fn swallowing(model: Model, swallow: Swallow) -> Self {
        let disk = Self::new(model);
        disk.0.borrow_mut().swallow = Some(swallow);
        disk
    }

    pub fn set_fault(&self, fault: Option<Fault>) {
        self.0.borrow_mut().fault = fault;
    }

    pub fn calls(&self) -> usize {
        self.0.borrow().calls
    }

    pub fn swallowed(&self) -> usize {
        self.0.borrow().swallowed
    }

    pub fn syncs(&self) -> Vec<(Kind, String)> {
        self.0.borrow().syncs.clone()
    }

    pub fn model(&self) -> Model {
        self.0.borrow().model.clone()
    }

    /// The disk after each changing call since the last time.
    pub fn take_history(&self) -> Vec<Model> {
        std::mem::take(&mut self.0.borrow_mut().history)
    }

    fn call<T>(&self, kind: Kind, path: &str, act: impl FnOnce(&mut Model) -> io::Result<T>) -> io::Result<T>
    where
        T: Default,
    {
        let inside = &mut *self.0.borrow_mut();
        let number = inside.calls;
        inside.calls += 1;
        if let Some(fault) = inside.fault
            && (number == fault.at || (fault.forever && number > fault.at))
        {
            return Err(fault.errno.into());
        }
        if matches!(kind, Kind::SyncFile | Kind::SyncDirectory) {
            inside.syncs.push((kind, path.to_owned()));
        }
        if inside.swallow.is_some_and(|swallow| swallow(kind, path)) {
            inside.swallowed += 1;
            return Ok(T::default());
        }
        let result = act(&mut inside.model);
        if kind != Kind::Look {
            inside.history.push(inside.model.clone());
        }
        result
    }

    fn look<T>(&self, act: impl FnOnce(&Model) -> io::Result<T>) -> io::Result<T> {
        let mut found = None;
        self.call(Kind::Look, "", |model| {
            found = Some(act(model)?);
            Ok(())
        })?;
        Ok(found.expect("the call went through"))
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

impl Storage for SimDisk {
    type File = OpenFile;
    type Lock = ();

    fn create_directory(&self, path: &Path) -> io::Result<()> {
        self.call(Kind::CreateDirectory, text(path), |model| {
            let (parent, name) = model.parent(path)?;
            if model.names(parent)?.contains_key(&name) {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
            let node = model.add(Content::empty_directory());
            model.change(parent, &name, Some(node));
            Ok(())
        })
    }

    fn create_file(&self, path: &Path, content: &[u8]) -> io::Result<OpenFile> {
        let write = |content: &[u8]| {
            let content: Bytes = content.into();
            move |model: &mut Model| {
                let (parent, name) = model.parent(path)?;
                if model.names(parent)?.contains_key(&name) {
                    return Err(io::ErrorKind::AlreadyExists.into());
                }
                let node = model.add(Content::File {
                    live: content,
                    durable: false,
                    lost: false,
                });
                model.change(parent, &name, Some(node));
                Ok(node)
            }
        };
        let result = self.call(Kind::CreateFile, text(path), write(content));
        if let Err(e) = &result
            && e.kind() == io::ErrorKind::StorageFull
        {
            // The disk took the first part before it was full.
            let _ = write(&content[..content.len() / 2])(&mut self.0.borrow_mut().model);
        }
        Ok(OpenFile {
            node: result?,
            path: text(path).to_owned(),
        })
    }

    fn sync_file(&self, file: &OpenFile) -> io::Result<()> {
        let result = self.call(Kind::SyncFile, &file.path, |model| {
            model.sync(file.node);
            Ok(())
        });
        if result.is_err() {
            let model = &mut self.0.borrow_mut().model;
            if let Content::File { lost, .. } = Arc::make_mut(&mut model.nodes[file.node]) {
                *lost = true;
            }
        }
        result
    }

    fn sync_directory(&self, path: &Path) -> io::Result<()> {
        self.call(Kind::SyncDirectory, text(path), |model| {
            let node = model.find(path)?;
            model.sync(node);
            Ok(())
        })
    }

    fn rename_without_replacing(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.call(Kind::Rename, text(to), |model| {
            let node = model.find(from)?;
            let (old, old_name) = model.parent(from)?;
            let (new, new_name) = model.parent(to)?;
            if model.names(new)?.contains_key(&new_name) {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
            model.change(old, &old_name, None);
            model.change(new, &new_name, Some(node));
            Ok(())
        })
    }

    fn replace(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.call(Kind::Replace, text(to), |model| {
            let node = model.find(from)?;
            let (old, old_name) = model.parent(from)?;
            let (new, new_name) = model.parent(to)?;
            model.change(old, &old_name, None);
            model.change(new, &new_name, Some(node));
            Ok(())
        })
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        self.call(Kind::Remove, text(path), |model| {
            model.find(path)?;
            let (parent, name) = model.parent(path)?;
            model.change(parent, &name, None);
            Ok(())
        })
    }

    fn remove_directory(&self, path: &Path) -> io::Result<()> {
        self.call(Kind::Remove, text(path), |model| {
            if !model.names(model.find(path)?)?.is_empty() {
                return Err(io::ErrorKind::DirectoryNotEmpty.into());
            }
            let (parent, name) = model.parent(path)?;
            model.change(parent, &name, None);
            Ok(())
        })
    }

    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        self.look(|model| match &*model.nodes[model.find(path)?] {
            Content::File { live, .. } if live.len() as u64 > limit => Err(io::ErrorKind::FileTooLarge.into()),
            Content::File { live, .. } => Ok(live.to_vec()),
            Content::Directory { .. } => Err(io::ErrorKind::IsADirectory.into()),
        })
    }

    fn list(&self, path: &Path) -> io::Result<Vec<Entry>> {
        self.look(|model| {
            let names = model.names(model.find(path)?)?;
            let entry = |(name, node): (String, Node)| Entry {
                name: name.into(),
                kind: match &*model.nodes[node] {
                    Content::File { .. } => EntryKind::File,
                    Content::Directory { .. } => EntryKind::Directory,
                },
            };
            Ok(names.into_iter().map(entry).collect())
        })
    }

    fn free_bytes(&self, _: &Path) -> io::Result<u64> {
        self.look(|_| Ok(1 << 40))
    }

    fn check_writable(&self, path: &Path) -> io::Result<()> {
        self.look(|model| model.find(path).map(drop))
    }

    fn lock(&self, path: &Path) -> io::Result<Option<()>> {
        self.look(|model| model.find(path).map(|_| Some(())))
    }
}
