"""read_face.py FILE OUT.npy: a photograph as the face detector wants it, BGR minus the mean."""
import sys

import numpy as np
from PIL import Image

pixels = np.array(Image.open(sys.argv[1]).convert("RGB").resize((300, 300), Image.BILINEAR)).astype(np.float32)
np.save(sys.argv[2], pixels[None, :, :, ::-1] - np.array([104, 177, 123], np.float32))
