from gto.annotations.annotation import Annotation
from gto.core.names import ArtifactName

NAME = ArtifactName("models/eu:churn")


def test_as_dict_holds_only_what_is_set_in_the_order_of_gto_describe() -> None:
    full = Annotation(NAME, "models/eu/dvc.yaml", "model", "m.pkl", ("a", "b"), "what", {"k": 1}, virtual=False)
    assert list(full.as_dict().items()) == [
        ("type", "model"),
        ("path", "m.pkl"),
        ("virtual", False),
        ("labels", ["a", "b"]),
        ("description", "what"),
        ("custom", {"k": 1}),
    ]
    assert Annotation(NAME, "models/eu/dvc.yaml").as_dict() == {}


def test_custom_metadata_that_is_false_is_set() -> None:
    assert Annotation(NAME, "dvc.yaml", custom=False).as_dict() == {"custom": False}
    assert Annotation(NAME, "dvc.yaml", custom=[]).as_dict() == {"custom": []}


def test_as_enrichment_holds_all_six_fields_as_gto_1_10_prints_them() -> None:
    assert Annotation(NAME, "dvc.yaml", path="x").as_enrichment() == {
        "type": None,
        "path": "x",
        "virtual": True,
        "labels": [],
        "description": "",
        "custom": None,
    }
