"""Graphs exported after fine-tuning, with all that training left in them, give the clean export's outputs."""

import numpy as np

import setting

OUTPUT = "InceptionV3/Predictions/Reshape_1"


def rows():
    folder = setting.SLIM / "inception_v3_train"
    image = setting.channels_first(setting.slim_image("inception_v3_train", "chelsea"))
    golden = np.load(folder / "golden/chelsea.softmax.npy")
    made = setting.folder("fine_tuned")
    setting.make_model("inception_v3_train", "checkpoint_v2", made, folder / "train_graph.pb")
    weights = made / "inception_v3_train.ckpt"
    for graph in sorted(path.stem for path in folder.glob("*.pb")):
        for what, flags in [("", []), (", output named", ["--output", OUTPUT])]:
            # The training graph has other results too, which --output leaves out.
            xml = setting.convert(made / "ir", "--input_model", folder / f"{graph}.pb", "--input_checkpoint", weights,
                                  "-b", 1, *flags)
            results = setting.run_vireo(xml, image)
            worst = min(setting.distance(result, golden) for result in results)
            yield graph + what, f"{worst:.1e}", "5e-06", worst <= 5e-6
