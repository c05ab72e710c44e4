"""Learn a macro from a demonstration; see and hear without torch."""

import os

# Nothing leaves the machine. From 1.29 on onnxruntime notes what it runs, with an id of the device, to be sent to its
# makers; it looks for this variable once, as it is loaded, and its `disable_telemetry_events` comes too late for that.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
