"""read_events.py FOLDER: reads an events file as TensorBoard does and prints how many nodes its graph has."""
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

accumulator = EventAccumulator(sys.argv[1])
accumulator.Reload()
print(len(accumulator.Graph().node))
