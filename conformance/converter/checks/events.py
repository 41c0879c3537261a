"""What --tensorboard_logdir writes, TensorBoard's reader opens with every node."""

import setting


def rows():
    out = setting.folder("events")
    for name, flags in [
            ("mobilenet_v1_0.25_128", ["--input_meta_graph", setting.SLIM / "mobilenet_v1_0.25_128/forms/model.ckpt.meta",
                                       "--output", setting.description("mobilenet_v1_0.25_128")["outputs"][-1], "-b", 1]),
            ("resnet8_cifar10 of TensorFlow 2", ["--saved_model_dir", setting.TRAINED / "resnet8_cifar10/saved_model_tf2",
                                                 "-b", 1])]:
        setting.convert(out / "ir", *flags, "--tensorboard_logdir", out / name)
        count = int(setting.tensorflow("read_events.py", out / name))
        yield name, f"{count} nodes", "a graph", count > 50
