"""read_digits.py FOLDER OUT.npy: the ten digits as 28x28x1 images of 0 to 255."""
import sys

import numpy as np
from PIL import Image

digits = [np.array(Image.open(f"{sys.argv[1]}/sample{digit}.png").convert("L")) for digit in range(10)]
np.save(sys.argv[2], np.stack(digits).astype(np.float32)[..., None])
