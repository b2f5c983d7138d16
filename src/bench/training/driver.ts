/** Stands before each event that the driver prints, since mlx_lm prints on the same stream. */
export const EVENT_MARK = "@hearth ";

/**
 * Python that trains with mlx_lm itself and tells what happens as JSON lines: the same on 0.31.3 and 0.32.2, whose own
 * output differs. It takes its settings as JSON in its first argument. The callback goes in by `SUPPORT_CALLBACK`, since
 * `run` ignores the one that it is given.
 */
export const DRIVER = `
import json, sys, time, types

def tell(event, **facts):
    sys.stdout.write("\\n${EVENT_MARK}" + json.dumps({"event": event, **facts}) + "\\n")
    sys.stdout.flush()

settings = json.loads(sys.argv[1])
try:
    import mlx.core
    import mlx_lm
    from mlx_lm import lora
    from mlx_lm.tuner import callbacks
except ImportError as error:
    tell("failed", kind="missing", message=str(error))
    sys.exit(3)
if not hasattr(callbacks, "SUPPORT_CALLBACK") or not hasattr(lora, "CONFIG_DEFAULTS"):
    tell("failed", kind="old", message="this mlx_lm takes no callbacks")
    sys.exit(4)

def version(name):
    from importlib import metadata
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None

tell("started", versions={
    "python": sys.version.split()[0],
    "mlx": version("mlx"),
    "mlx-lm": version("mlx-lm"),
    "device": str(mlx.core.default_device()),
})

class Reporter(callbacks.TrainingCallback):
    def __init__(self, *args, **named):
        self.last = time.perf_counter()
    def on_train_loss_report(self, info):
        now = time.perf_counter()
        tell("iteration", iteration=int(info["iteration"]), seconds=now - self.last,
             stepSeconds=1 / float(info["iterations_per_second"]), loss=float(info["train_loss"]),
             tokensPerSecond=float(info["tokens_per_second"]), peakBytes=round(float(info["peak_memory"]) * 1e9))
        self.last = now
    def on_val_loss_report(self, info):
        tell("validation", iteration=int(info["iteration"]) + 1, seconds=float(info["val_time"]))
        self.last = time.perf_counter()

callbacks.SUPPORT_CALLBACK["hearth"] = Reporter
load, train = lora.load, lora.train_model

def timed_load(*args, **named):
    began = time.perf_counter()
    loaded = load(*args, **named)
    tell("loaded", seconds=time.perf_counter() - began)
    return loaded

def bounded_train(args, model, *rest, **named):
    # A model with fewer layers than asked for would be refused.
    if args.num_layers > len(model.layers):
        args.num_layers = len(model.layers)
    tell("training", layers=args.num_layers)
    return train(args, model, *rest, **named)

lora.load, lora.train_model = timed_load, bounded_train
chosen = {**lora.CONFIG_DEFAULTS, **settings, "train": True, "report_to": "hearth", "steps_per_report": 1,
          "steps_per_eval": 10**9, "val_batches": 1, "save_every": 10**9}
try:
    lora.run(types.SimpleNamespace(**chosen))
except MemoryError as error:
    tell("failed", kind="memory", message=str(error) or "out of memory")
    sys.exit(5)
except Exception as error:
    text = f"{type(error).__name__}: {error}"
    kind = "memory" if "memory" in text.lower() and "alloc" in text.lower() else "failed"
    tell("failed", kind=kind, message=text)
    sys.exit(5)
tell("finished")
`;
