"""The training job as SageMaker starts it: python -m model.train with the container's variables."""

import hashlib
import json
import re
import shutil
import subprocess
import sys

import pytest

from model import artefact, train
from tests.model.conftest import ROOT, run_model


@pytest.fixture
def container(tmp_path, sample, monkeypatch, capsys):
    """The directories of a training container, with the sample as channel `train`."""

    class Container:
        train = tmp_path / "input/data/train"
        run = tmp_path / "input/data/run"
        model = tmp_path / "model"
        output = tmp_path / "output/data"

        def settings(self, **variables):
            names = {"SM_CHANNEL_TRAIN": self.train, "SM_MODEL_DIR": self.model, "SM_OUTPUT_DATA_DIR": self.output}
            names |= {"SM_NUM_CPUS": 2, "TRAINING_JOB_NAME": "fraud-abc"}
            names |= {"SM_CHANNEL_RUN": self.run} if self.run.exists() else {}
            return {name: str(value) for name, value in (names | variables).items()}

        def start(self, *arguments, **variables):
            """Runs the job in this process: (exit code, standard output, standard error)."""
            for name, value in self.settings(**variables).items():
                monkeypatch.setenv(name, value)
            code = train.main([str(argument) for argument in arguments])
            printed = capsys.readouterr()
            return subprocess.CompletedProcess(arguments, code, printed.out, printed.err)

    found = Container()
    for path in sample:
        target = found.train / "2026/März + 50% off" / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    return found


def manifest(container, **changes):
    files = []
    for path in sorted(container.train.rglob("*.*")):
        content = path.read_bytes()
        files.append(
            {
                "key": "transactions/" + path.relative_to(container.train).as_posix(),
                "size": len(content),
                "etag": f'"{hashlib.md5(content).hexdigest()}"',
                "version_id": "v1",
            }
        )
    files[0] |= changes
    container.run.mkdir(parents=True)
    (container.run / "manifest.json").write_text(json.dumps({"job": "fraud-abc", "files": files}))


def failure(container, done):
    """What a failed job says, in both of the places where it says it."""
    assert done.returncode == 1
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("TRAINING_FAILED ")]
    document = json.loads(line.removeprefix("TRAINING_FAILED "))
    assert json.loads((container.output / "failure.json").read_text()) == document
    assert not (container.model / "checksums.json").exists()
    return document["message"]


def test_a_job_writes_a_verified_model_and_what_people_read(container):
    manifest(container)
    arguments = ("--num_round", 40, "--other", "ignored")
    done = run_model(*arguments, module="model.train", env=container.settings())
    assert done.returncode == 0, done.stderr
    found = artefact.verify_directory(container.model)
    assert found.contract.model == "fraud-abc"
    assert found.evaluation["training"]["num_round"] == 40
    assert {path.name for path in container.output.iterdir()} == {
        "evaluation.json",
        "report.html",
        "rejected.csv",
        "history",
    }
    assert (container.output / "evaluation.json").read_bytes() == found.evaluation_json
    assert (container.output / "rejected.csv").read_text() == "file,row,field,reason\n"


def test_metrics_are_printed_for_metric_definitions(container):
    done = container.start("--num_round", 40)
    found = artefact.verify_directory(container.model).evaluation["metrics"]
    for name in ("roc_auc", "average_precision"):
        assert float(re.search(rf"{name}=([0-9.]+);", done.stdout)[1]) == found[name]


def test_the_model_directory_can_be_installed_by_the_serving_container(container):
    container.start("--num_round", 5)
    code = container.model / "code"
    assert {path.name for path in code.iterdir()} == {"inference.py", "setup.py", "model"}
    packaged = {path.name for path in (code / "model").iterdir()}
    assert {"inference.py", "contract.py", "schema.py", "field.py"} <= packaged
    assert not {"train.py", "training", "simulation"} & packaged
    assert not list(container.model.rglob("requirements.txt"))


def test_installed_by_pip_without_a_network_the_module_inference_serves(container, tmp_path):
    """As AWS's serving container does it: a copy of code/, pip install, import inference from anywhere."""
    container.start("--num_round", 5)
    copy, target = shutil.copytree(container.model / "code", tmp_path / "code"), tmp_path / "installed"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-build-isolation", "--no-deps"]
    subprocess.run([*pip, "--target", target, "."], cwd=copy, check=True)
    code = (
        f"import inference; print(inference.model_fn({str(container.model)!r}).contract.model, inference.transform_fn)"
    )
    served = subprocess.run([sys.executable, "-c", code], cwd=target, capture_output=True, text=True, check=True)
    assert served.stdout.startswith("fraud-abc <function transform_fn")


def test_the_schema_of_the_run_channel_wins_over_the_packaged_one(container):
    container.run.mkdir(parents=True)
    packaged = (ROOT / "model/schema.yaml").read_text()
    (container.run / "schema.yaml").write_text(packaged.replace("name: card-payments", "name: other"))
    container.start("--num_round", 5)
    assert artefact.verify_directory(container.model).contract.schema.name == "other"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("# nothing: but\n a: b: c", "schema.yaml: is not YAML: mapping values"),
        ("name: other", "schema.yaml: timestamp: "),
    ],
)
def test_a_mistake_in_the_dropped_schema_is_told_under_its_name(container, content, message):
    container.run.mkdir(parents=True)
    (container.run / "schema.yaml").write_text(content)
    assert failure(container, container.start()).startswith(message)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"etag": "0" * 32}, "differs from the version that the manifest froze"),
        ({"size": 7}, "bytes where the manifest says 7"),
        ({"key": "transactions/gone.csv"}, "gone.csv: is in the manifest but did not arrive"),
    ],
)
def test_a_file_that_is_not_the_one_in_the_manifest_fails_the_job_by_name(container, change, message):
    manifest(container, **change)
    found = failure(container, container.start())
    assert message in found
    assert ".csv" in found


def test_an_object_uploaded_in_parts_is_checked_by_its_size(container):
    manifest(container, etag='"0123456789abcdef0123456789abcdef-3"')
    assert container.start("--num_round", 5).returncode == 0


def test_a_broken_manifest_is_named(container):
    container.run.mkdir(parents=True)
    (container.run / "manifest.json").write_text('{"files": [{}]}')
    assert "manifest.json: is not a manifest" in failure(container, container.start())


def test_a_failed_process_exits_with_1_and_shows_no_traceback(container):
    manifest(container, size=7)
    done = run_model(module="model.train", env=container.settings())
    assert failure(container, done)
    assert "Traceback" not in done.stderr


def test_no_files_at_all_fail_the_job(container):
    shutil.rmtree(container.train)
    container.train.mkdir()
    assert failure(container, container.start()) == "there are no files to train on"


def test_a_bad_file_fails_the_job_and_rejected_csv_still_lists_rows(container):
    (container.train / "broken.csv").write_text("transaction_id,timestamp\n")
    assert failure(container, container.start()).startswith("broken.csv: the header lacks the column 'is_fraud'")
    assert (container.output / "rejected.csv").read_text().startswith("file,row,field,reason\n")


def test_too_many_bad_rows_fail_the_job_with_the_first_one_named(container):
    header = next(container.train.rglob("*.csv")).read_text().splitlines()[0]
    (container.train / "bad.csv").write_text(header + "\n" + "x\n" * 500)
    message = failure(container, container.start())
    assert (
        "500 of 12500 rows are unusable, more than the limit of 1.00%; the first is bad.csv, row 2, row: has 1"
        in message
    )
    assert (container.output / "rejected.csv").read_text().count("\n") == 501


@pytest.mark.parametrize("arguments", [("--num_round", "many"), ("--max_depth", "3.5")])
def test_a_hyperparameter_of_the_wrong_kind_is_named(container, arguments):
    expected = f"hyperparameter {arguments[0].removeprefix('--')}: expected a whole number from 1 to"
    assert expected in failure(container, container.start(*arguments))


@pytest.mark.parametrize(
    "arguments",
    [
        ("--num_round", "0"),
        ("--learning_rate", "-1"),
        ("--learning_rate", "nan"),
        ("--max_depth", "99"),
        ("--max_bin", "1"),
    ],
)
def test_a_hyperparameter_out_of_bounds_is_named(container, arguments):
    message = failure(container, container.start(*arguments))
    assert arguments[0].removeprefix("--") in message
    assert "expected" in message


def test_hyperparameters_as_the_container_passes_them():
    found = train.options(["--num_round", "30", "--learning_rate", "0.05", "-x", "1", "--other", "True"])
    assert (found.num_round, found.learning_rate, found.subsample) == (30, 0.05, 0.8)


def test_a_setting_of_the_container_that_is_missing_is_named(container):
    done = container.start(SM_CHANNEL_TRAIN="")
    assert "SM_CHANNEL_TRAIN is not set" in failure(container, done)


def test_few_bad_rows_in_many_are_set_aside_and_listed(container):
    first = next(container.train.rglob("*.csv"))
    lines = first.read_text().splitlines(keepends=True)
    lines[1700] = re.sub(r"T\d{5},[0-9.]+,", "T00001,many,", lines[1700])
    first.write_text("".join(lines))
    assert container.start("--num_round", 5).returncode == 0
    name = first.relative_to(container.train).as_posix()
    assert (container.output / "rejected.csv").read_text().splitlines()[1:] == [f"{name},1701,amount,must be a number"]


def test_the_report_escapes_the_models_name(container):
    container.start("--num_round", 5, TRAINING_JOB_NAME="a<b>&c")
    page = (container.output / "report.html").read_text()
    assert "a&lt;b&gt;&amp;c" in page
    assert "a<b>" not in page
