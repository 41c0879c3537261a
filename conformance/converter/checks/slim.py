"""Every classifier of the TF-Slim library, both graph variants, from a frozen graph and from V2 and V1 checkpoints."""

import os
import shutil

import numpy as np

import setting


def rows():
    wanted = os.environ.get("VIREO_CONFORMANCE_MODELS")
    special = {"inception_v3_train", "mobilenet_v1_0.25_128_quant"}
    models = sorted(path.name for path in setting.SLIM.iterdir() if path.is_dir() and path.name not in special)
    for model in wanted.split(",") if wanted else models:
        yield from rows_of(model)


def rows_of(model):
    output = setting.description(model)["outputs"][-1]
    is_logits = model.startswith(("vgg", "alexnet"))
    bound, kind = (2e-4, "logits") if is_logits else (5e-6, "softmax")
    made = setting.folder("slim")
    setting.make_model(model, "checkpoint_v2,checkpoint_v1", made)
    graphs = sorted(path.stem for path in (setting.SLIM / model).glob("inference_graph*.pb"))
    for graph in graphs:
        source = setting.SLIM / model / f"{graph}.pb"
        frozen = setting.frozen(model, graph, made)
        flags = ["--input_model", source, "--output", output, "-b", 1]
        irs = [setting.convert(made / "frozen", "--input_model", frozen, "--output", output, "-b", 1)]
        irs += [setting.convert(made / version, *flags, "--input_checkpoint", made / file)
                for version, file in [("v2", f"{model}.ckpt"), ("v1", f"{model}.v1.ckpt")]]
        same = len({setting.digest(xml) for xml in irs}) == 1
        ours, theirs = [], []
        for image in ["chelsea", "seed"]:
            data = setting.channels_first(setting.slim_image(model, image))
            golden = np.load(setting.SLIM / model / f"golden/{image}.{kind}.npy")
            ours.append(setting.distance(setting.run_vireo(irs[0], data)[0], golden))
            theirs.append(setting.distance(setting.run_openvino(irs[0], data)[0], golden))
        holds = same and max(ours) <= bound and max(theirs) <= bound
        yield (f"{model}, {graph}",
               f"ONEDNN {max(ours):.1e}, OpenVINO {max(theirs):.1e}; frozen, V2 and V1 "
               f"{'the same' if same else 'DIFFERENT'}", f"{kind} within {bound:.0e}, the same IR", holds)
        for path in irs:
            shutil.rmtree(path.parent)
    shutil.rmtree(made)
