//! Crashes, clocks, disks and lost connections.

use engine::engine::Engine;
use engine::store::memory::Fault as DiskFault;
use engine::store::{Revision, StoreError};

use shared::ids::Epoch;
use shared::value::Role;

use crate::device::{Device, Living, TabId, ready};
use crate::fault::Fault;
use crate::release;
use crate::world::{Event, TEN_YEARS, World};
use crate::{Check, Violation, note};

/// With more devices a world takes too long.
const MOST_DEVICES: usize = 6;

/// What the disk has been told to do wrong with its next commit, and how far it was then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trouble {
    kind: Option<Fault>,
    revision: Revision,
}

impl World {
    /// Something may happen that nobody did.
    pub fn mishap(&mut self) -> Check {
        let device = self.rng.index(self.devices.len());
        if self.backup.is_none() || self.rng.chance(30) {
            self.backup = Some(self.db.clone());
        }
        if self.chaos.strikes(Fault::ClockJumps) {
            self.devices[device].skew = self.rng.range(-TEN_YEARS, TEN_YEARS);
            note!(self, "device {device}: its clock jumps, now {} ms off", self.devices[device].skew);
        }
        if self.oracle.restricted && self.chaos.strikes(Fault::RoleChanges) {
            let users: Vec<_> = self.db.roles.keys().copied().collect();
            if let (Some(user), Some(role)) = (self.rng.pick(&users).copied(), self.rng.pick(&Role::ALL).copied()) {
                note!(self, "server: {user} is {} now", role.name());
                self.db.roles.insert(user, role);
            }
        }
        let synced = self.devices[device].account.is_none() && self.devices[device].disk()?.meta().epoch.is_some();
        if synced && !self.devices[device].earlier && self.chaos.strikes(Fault::Earlier) {
            note!(self, "device {device}: is of the release before");
            self.devices[device].earlier = true;
        }
        let unplugged = self.chaos.strikes(Fault::Unplugged);
        let offline = self.chaos.strikes(Fault::Offline);
        if (unplugged || offline) && self.devices[device].connected {
            self.disconnect(device, offline);
        }
        if self.chaos.strikes(Fault::DeviceDies) {
            for tab in 0..self.devices[device].tabs.len() {
                self.kill(TabId { device, tab })?;
            }
        }
        let known = self.devices[device].account.is_none();
        if self.copies && known && self.devices.len() < MOST_DEVICES && self.chaos.strikes(Fault::Cloned) {
            self.clone_device(device)?;
        }
        if self.devices[device].tabs.len() > 1 {
            if self.chaos.strikes(Fault::TabDies) {
                let tab = self.rng.index(2);
                self.kill(TabId { device, tab })?;
            }
            if self.chaos.strikes(Fault::TwoLeaders) {
                self.take_over(device)?;
            }
        }
        Ok(())
    }

    /// The server's data is lost, and is put back to what it was when it was last saved.
    pub fn restore(&mut self) -> Check {
        let Some(backup) = self.backup.clone().filter(|_| !self.copies) else { return Ok(()) };
        self.chaos.notice(Fault::Restored);
        note!(self, "server: at {} it is put back to {}", self.db.org.ver, backup.org.ver);
        self.db.restore(backup, Epoch(self.rng.uuid()));
        self.oracle.restored(&self.db, &self.devices)
    }

    /// The app of a device is replaced by its newest release.
    pub fn update(&mut self, device: usize) -> Check {
        if !self.devices[device].earlier {
            return Ok(());
        }
        note!(self, "device {device}: gets the newest release");
        for tab in 0..self.devices[device].tabs.len() {
            self.kill(TabId { device, tab })?;
        }
        self.devices[device].earlier = false;
        release::write(&self.devices[device].store)
    }

    /// Somebody copies the disk of a device that is switched off, and starts both.
    fn clone_device(&mut self, device: usize) -> Check {
        for tab in 0..self.devices[device].tabs.len() {
            self.kill(TabId { device, tab })?;
        }
        let number = self.devices.len();
        note!(self, "device {device}: is copied; the copy is device {number}");
        let copy = self.devices[device].copy(number);
        self.devices.push(copy);
        self.oracle.cloned(device, number);
        let pause = self.rng.range(0, 20_000);
        self.after(pause, Event::Open(TabId { device: number, tab: 0 }));
        Ok(())
    }

    /// Another tab becomes the one that syncs; the old one notices late.
    fn take_over(&mut self, device: usize) -> Check {
        let pause = self.rng.range(0, 30_000);
        for tab in 0..self.devices[device].tabs.len() {
            let tab = TabId { device, tab };
            if std::mem::replace(&mut self.tab_mut(tab).leads, true) {
                let old = self.life(tab);
                self.after(pause, Event::StepDown(old));
            } else {
                note!(self, "tab {}.{}: takes over", tab.device, tab.tab);
                self.drive(tab)?;
            }
        }
        Ok(())
    }

    /// A tab notices that another one syncs too, and leaves it to that one.
    pub fn step_down(&mut self, tab: Living) {
        let leaders = self.devices[tab.at.device].tabs.iter().filter(|tab| tab.leads && tab.engine.is_some()).count();
        if let Some(at) = self.living(tab).filter(|_| leaders > 1) {
            self.tab_mut(at).leads = false;
        }
    }

    /// Makes sure that exactly one tab of a device syncs.
    pub fn elect(&mut self, device: usize) {
        let leader = self.devices[device].tabs.iter().position(|tab| tab.leads).unwrap_or(0);
        for (number, tab) in self.devices[device].tabs.iter_mut().enumerate() {
            tab.leads = number == leader;
        }
    }

    fn disconnect(&mut self, device: usize, known: bool) {
        note!(self, "device {device}: loses its network");
        self.devices[device].connected = false;
        if known {
            for tab in 0..self.devices[device].tabs.len() {
                self.with_engine(TabId { device, tab }, |engine, _| engine.set_online(false));
            }
        }
        let pause = self.rng.range(2_000, 40_000);
        self.after(pause, Event::Connect(device));
    }

    /// The network is back.
    pub fn connect(&mut self, device: usize) -> Check {
        self.devices[device].connected = true;
        for tab in 0..self.devices[device].tabs.len() {
            let tab = TabId { device, tab };
            self.with_engine(tab, |engine, _| engine.set_online(true));
            self.drive(tab)?;
        }
        Ok(())
    }

    /// A tab is gone, with everything that is not on the disk. What it showed must be there when it opens again.
    pub fn kill(&mut self, tab: TabId) -> Check {
        if self.tab_mut(tab).engine.is_none() {
            return Ok(());
        }
        note!(self, "tab {}.{}: dies", tab.device, tab.tab);
        let device = &self.devices[tab.device];
        self.oracle.check_reopened(device, device.tabs[tab.tab].engine.as_ref())?;
        let dead = self.tab_mut(tab);
        dead.engine = None;
        dead.call = None;
        dead.alarm = None;
        dead.life += 1;
        if dead.leads {
            // The lock goes to another tab that is open.
            let others = 0..self.devices[tab.device].tabs.len();
            for other in others.map(|other| TabId { device: tab.device, tab: other }).filter(|other| *other != tab) {
                self.tab_mut(tab).leads = false;
                self.tab_mut(other).leads = true;
                self.drive(other)?;
            }
        }
        let pause = self.rng.range(100, 15_000);
        self.after(pause, Event::Open(tab));
        Ok(())
    }

    /// Opens a tab, unless it is open.
    pub fn open(&mut self, tab: TabId) -> Check {
        let device = &mut self.devices[tab.device];
        if device.tabs[tab.tab].engine.is_some() {
            return Ok(());
        }
        let open = || ready(Engine::open(device.store.clone(), device.actor));
        // Signing in writes; a disk that was to fail fails once.
        let opened = open().or_else(|_| open());
        let mut engine = opened.map_err(|error| Violation(format!("a device does not open: {error}")))?;
        let believes = device.connected || self.rng.chance(500);
        engine.set_online(believes);
        device.tabs[tab.tab].engine = Some(engine);
        if device.tabs.iter().all(|tab| !tab.leads) {
            device.tabs[tab.tab].leads = true;
        }
        note!(self, "tab {}.{}: opens", tab.device, tab.tab);
        self.notice_sign_up(tab.device)?;
        self.drive(tab)
    }

    /// Tells the disk what to do wrong next.
    pub fn arm(&mut self, tab: TabId) -> Trouble {
        let faults = [Fault::DiesAfterCommit, Fault::FalseAlarm, Fault::DiskFails, Fault::DiskFull];
        let threats = faults.map(|fault| self.chaos.threatens(fault).then_some(fault));
        let kind = threats.into_iter().flatten().next();
        let device = &self.devices[tab.device];
        match kind {
            Some(Fault::DiesAfterCommit | Fault::FalseAlarm) => device.store.fail_next_commit(DiskFault::After),
            Some(Fault::DiskFails) => device.store.fail_next_commit(DiskFault::Before),
            Some(Fault::DiskFull) => device.store.set_quota(Some(0)),
            _ => {}
        }
        Trouble { kind, revision: device.revision() }
    }

    /// The disk works again.
    pub fn disarm(&mut self, tab: TabId) {
        self.devices[tab.device].store.set_quota(None);
    }

    /// What came of the trouble: the device may die of it. Returns whether it does.
    pub fn suffer(&mut self, tab: TabId, trouble: Trouble, error: Option<&StoreError>) -> Check<bool> {
        match error {
            Some(StoreError::Full) => self.chaos.notice(Fault::DiskFull),
            Some(StoreError::Platform(_)) => self.chaos.notice(Fault::DiskFails),
            _ => {}
        }
        let committed = self.devices[tab.device].revision() != trouble.revision;
        let Some(kind @ (Fault::DiesAfterCommit | Fault::FalseAlarm)) = trouble.kind.filter(|_| committed) else {
            return Ok(false);
        };
        self.chaos.notice(kind);
        if kind == Fault::FalseAlarm {
            return Ok(false);
        }
        for number in 0..self.devices[tab.device].tabs.len() {
            self.kill(TabId { device: tab.device, tab: number })?;
        }
        Ok(true)
    }
}

impl Device {
    /// The tabs that are open.
    pub fn open_tabs(&self) -> Vec<usize> {
        let tabs = self.tabs.iter().enumerate();
        tabs.filter(|(_, tab)| tab.engine.is_some()).map(|(number, _)| number).collect()
    }
}
