//! Crash sweeps: the operator dies at every write, on either side of its effect, and another one goes on.
//!
//! However it dies, the invariants hold, each thing is made once, and the end is that of the run without a crash.

use std::time::{Duration, Instant};

use directconnect_model::view::Windows;
use kubesim::{DEFAULT_CLIENT, When};
use serde_json::json;
use tracing::level_filters::LevelFilter;

use directconnect_harness::aws::Death;
use directconnect_harness::ends::{effects, end_state, names};
use directconnect_harness::look;
use directconnect_harness::world::{Setup, World, file};

/// AWS and the provider are quick: what is swept over is the operator.
const QUICK: &str = "settings:\n  approval: 40s\n  crossConnect: 40s\n  associate: 20s\n  virtualInterfaceProvision: 10s\n";
const LAG: &str = "  visibility: {max: 5m, mode: random}\n";
const LIMIT: Duration = Duration::from_hours(4);

/// Where the operator dies.
#[derive(Clone, Copy, Debug)]
enum Crash {
    Aws(u64, Death),
    Kubernetes(u64, When),
}

/// What is swept over.
struct Course {
    example: &'static str,
    router: &'static str,
    /// Lists lag up to five minutes and tear.
    lag: bool,
    /// Everything is deleted after it came up, and the crash is somewhere in that.
    leaving: bool,
}

const QUICKSTART: Course = Course {
    example: "quickstart",
    router: "onprem-router",
    lag: false,
    leaving: false,
};
const SECURECART: Course = Course {
    example: "securecart",
    router: "hq-router-2",
    lag: false,
    leaving: false,
};
const LEAVING: Course = Course {
    leaving: true,
    ..QUICKSTART
};

/// What a run without a crash did.
struct Reference {
    aws_writes: u64,
    kubernetes_writes: (u64, u64),
    end: Vec<String>,
    effects: Vec<(&'static str, usize)>,
}

impl Course {
    fn world(&self) -> World {
        let yaml = file(&format!("sim/dxsim/worlds/{}.yaml", self.example));
        let world = World::new(Setup {
            worlds: vec![format!("{QUICK}{}{yaml}", if self.lag { LAG } else { "" })],
            namespace: directconnect_harness::world::namespace(self.example),
            seed: 7,
            windows: Windows::default(),
            level: LevelFilter::INFO,
        });
        world.apply_example(self.example);
        world.act(&json!({"action": "configureRouter", "router": self.router}));
        world
    }

    /// Everything up to where crashes begin.
    async fn begin(&self) -> World {
        let mut world = self.world();
        if self.leaving {
            world.start();
            world.until_all_ready(LIMIT).await;
            world.sleep(Duration::from_secs(30)).await;
        }
        world
    }

    /// What the user does when crashes may begin.
    fn go(&self, world: &mut World) {
        if self.leaving {
            for object in world.managed() {
                let (kind, name) = names(&object);
                if kind != "AwsAccount" {
                    world.delete(kind, name);
                }
            }
        } else {
            world.start();
        }
    }

    /// Goes on to the end.
    async fn end(&self, world: &mut World) {
        if self.leaving {
            world
                .until("the guard asks, or all is done", LIMIT, |w| {
                    let vif = w.object("VirtualInterface", "hq");
                    vif.is_null() || look::is(&vif, "Guarded", "True") || deleting(w)
                })
                .await;
            let vif = world.object("VirtualInterface", "hq");
            if look::is(&vif, "Guarded", "True") {
                world.consent("VirtualInterface", "hq");
            }
            world
                .until("everything is gone", LIMIT, |w| w.managed().len() == 1)
                .await;
        } else {
            world.until_all_ready(LIMIT).await;
        }
        // Tokens of calls that were lost stay until they can do nothing any more.
        world
            .until("nothing is open", LIMIT, |w| {
                w.managed().iter().all(|o| o["status"]["intents"].is_null())
            })
            .await;
        // Until no list shows what was.
        world
            .sleep(Duration::from_mins(if self.lag { 6 } else { 2 }))
            .await;
    }

    async fn reference(&self) -> Reference {
        let mut world = self.begin().await;
        let first = world.kube.boundaries();
        world.gate.stop_at(u64::MAX, Death::BeforeEffect);
        self.go(&mut world);
        if self.leaving {
            world.gate.stop_at(u64::MAX, Death::BeforeEffect);
        }
        self.end(&mut world).await;
        world.finish();
        Reference {
            aws_writes: world.gate.mutations(),
            kubernetes_writes: (first, world.kube.boundaries()),
            end: end_state(&world),
            effects: effects(&world),
        }
    }

    async fn crash(&self, crash: Crash, reference: &Reference) {
        println!("{} {crash:?}", self.example);
        let (real, virt) = (Instant::now(), tokio::time::Instant::now());
        let mut world = self.begin().await;
        if !self.leaving {
            self.go(&mut world);
        }
        match crash {
            Crash::Aws(number, death) => world.gate.stop_at(number, death),
            Crash::Kubernetes(number, when) => world.kube.stop_at(DEFAULT_CLIENT, number, when),
        }
        if self.leaving {
            self.go(&mut world);
            // The guard's question is a part of the course: it is answered as soon as it is asked.
            let mut asked = false;
            while !world.stopped(Duration::from_millis(500)).await {
                let vif = world.object("VirtualInterface", "hq");
                if !asked && look::is(&vif, "Guarded", "True") {
                    world.consent("VirtualInterface", "hq");
                    asked = true;
                }
            }
        } else {
            assert!(world.stopped(LIMIT).await, "the boundary is not reached");
        }
        world.crash().await;
        world.start();
        self.end(&mut world).await;
        world.finish();
        println!(
            "  {} calls, {} Kubernetes requests, virtual {:?}, real {:?}",
            world.calls(),
            world.kube.requests().len(),
            virt.elapsed(),
            real.elapsed()
        );
        for (made, wanted) in effects(&world).iter().zip(&reference.effects) {
            // A delete whose effect is hidden may be sent again by a new process: it names the id that is gone.
            if !(self.lag && made.0.starts_with("Delete") && made.1 > wanted.1) {
                assert_eq!(made, wanted, "each is made once");
            }
        }
        for (end, wanted) in end_state(&world).iter().zip(&reference.end) {
            assert_eq!(end, wanted, "the end is another");
        }
    }
}

fn deleting(world: &World) -> bool {
    let vif = world.object("VirtualInterface", "hq");
    look::reason(&vif) == "Deleting" && vif["status"]["intents"]["delete"].is_object()
        || !vif["status"]["deletedAt"].is_null()
}

/// Every n-th boundary, beginning with `from`: sweeps are split between tests, which run side by side.
async fn sweep(course: Course, aws: bool, part: u64, parts: u64) {
    let started = Instant::now();
    let reference = course.reference().await;
    let mut runs = 0;
    if aws {
        assert!(reference.aws_writes > 0);
        for number in 1..=reference.aws_writes {
            if number % parts != part {
                continue;
            }
            let later = Death::Later(Duration::from_secs(45));
            for death in [Death::BeforeEffect, Death::AfterEffect, later] {
                course.crash(Crash::Aws(number, death), &reference).await;
                runs += 1;
            }
        }
    } else {
        let (first, last) = reference.kubernetes_writes;
        for number in first + 1..=last {
            if number % parts != part {
                continue;
            }
            for when in [When::BeforeEffect, When::AfterEffect] {
                course
                    .crash(Crash::Kubernetes(number, when), &reference)
                    .await;
                runs += 1;
            }
        }
    }
    println!(
        "SWEEP {} leaving={} {}: {} writes at AWS, {} at Kubernetes; {runs} crashes in {:?}",
        course.example,
        course.leaving,
        if aws { "AWS" } else { "Kubernetes" },
        reference.aws_writes,
        reference.kubernetes_writes.1 - reference.kubernetes_writes.0,
        started.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn quickstart_at_every_aws_write() {
    sweep(QUICKSTART, true, 0, 1).await;
}

#[tokio::test(start_paused = true)]
async fn securecart_at_every_aws_write() {
    sweep(SECURECART, true, 0, 1).await;
}

#[tokio::test(start_paused = true)]
async fn leaving_at_every_aws_write() {
    sweep(LEAVING, true, 0, 1).await;
}

#[tokio::test(start_paused = true)]
async fn quickstart_at_every_kubernetes_write() {
    sweep(QUICKSTART, false, 0, 1).await;
}

#[tokio::test(start_paused = true)]
async fn securecart_at_every_kubernetes_write() {
    sweep(SECURECART, false, 0, 1).await;
}

/// What a lagging list shows is drawn anew for each call: without the same course, only the counts are compared.
#[tokio::test(start_paused = true)]
async fn quickstart_at_every_aws_write_with_lagging_lists() {
    let lagging = Course {
        lag: true,
        ..QUICKSTART
    };
    sweep(lagging, true, 0, 1).await;
}

#[tokio::test(start_paused = true)]
async fn leaving_at_every_aws_write_with_lagging_lists() {
    let lagging = Course {
        lag: true,
        ..LEAVING
    };
    sweep(lagging, true, 0, 1).await;
}

#[tokio::test(start_paused = true)]
async fn leaving_at_every_kubernetes_write() {
    sweep(LEAVING, false, 0, 1).await;
}
