"""What a type checker sees of the published functions: `mypy --strict` reads this file, and nothing of it runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gto import api

if TYPE_CHECKING:
    from typing import assert_type

    import gto
    import gto.cli
    import gto.config
    import gto.index
    import gto.registry
    from gto.annotations.annotation import Annotation
    from gto.core.policy import Verdict
    from gto.delivery.signed_files import VerifiedFiles
    from gto.output.published import PublishedEvent
    from gto.output.published_registry import PublishedRegistry
    from gto.output.published_version import PublishedStage, PublishedVersion
    from gto.registry.write.sign_files import FilesSigned

    JSON = dict[str, object]

    # --- write
    assert_type(api.register(".", "m", "HEAD"), api.PublishedEvent)
    assert_type(api.assign(".", "m", "prod"), PublishedEvent)
    assert_type(api.rollback(".", "m", "prod"), PublishedEvent)
    assert_type(api.unassign(".", "m", stage="prod"), PublishedEvent | None)
    assert_type(api.deregister(".", "m"), PublishedEvent | None)
    assert_type(api.deprecate(".", "m"), PublishedEvent | None)
    assert_type(api.annotate(".", "m"), str)
    assert_type(api.remove(".", "m"), str)
    assert_type(api.approve(".", "m", "prod"), api.Approved)
    assert_type(api.sign(".", "m", key="k.pem"), FilesSigned)

    # --- read
    assert_type(api.show("."), dict[str, JSON] | list[JSON] | api.TableRows)
    assert_type(api.history("."), list[api.Published] | api.TableRows)
    assert_type(api.describe(".", "m"), api.Annotation | None)
    assert_type(api.describe_all(".", "m"), JSON)
    assert_type(api.diff(".", "m", "m"), JSON)
    assert_type(api.plots(".", ["m"]), JSON)
    assert_type(api.check_ref(".", "m@v1.0.0"), list[PublishedEvent])
    assert_type(api.parse_tag("m@v1.0.0"), JSON)
    assert_type(api.find_latest_version(".", "m"), api.PublishedVersion | list[PublishedVersion] | None)
    assert_type(api.find_versions_in_stage(".", "m", "prod"), list[api.PublishedStage] | None)
    assert_type(api.get_stages("."), list[str] | None)
    assert_type(api.verify("."), list[api.Verified])
    assert_type(api.verify_files(".", "m"), VerifiedFiles)
    assert_type(api.reviews("."), api.Reviews)
    assert_type(api.check(".", ["m@v1.0.0"]), list[api.Verdict])
    assert_type(api.show_all(), JSON)
    assert_type(api.history_all(), JSON)
    assert_type(api.search("m"), JSON)

    # --- share, deliver
    assert_type(api.status("."), api.Status)
    assert_type(api.push("."), api.Pushed)
    assert_type(api.fetch("."), api.Fetched)
    assert_type(api.get(".", "m"), JSON)
    assert_type(api.ls(".", "m"), JSON)
    assert_type(api.inspect("m.pkl"), JSON)
    assert_type(api.url(".", "m"), list[str])

    # --- what they return
    def of_results(
        event: PublishedEvent, version: PublishedVersion, stage: PublishedStage, one: Annotation, verdict: Verdict
    ) -> None:
        assert_type(event.dict_state(), JSON)
        assert_type(version.stages, dict[str, PublishedStage])
        assert_type(version.semver < "v1.0.0", bool)
        assert_type(stage.assignments, list[PublishedEvent])
        assert_type(one.model_dump(), JSON)
        assert_type(verdict, api.Verdict)

    # --- doors
    with gto.GitRegistry.from_url(".") as registry:
        assert_type(registry, gto.registry.GitRegistry)
        assert_type(registry.get_state(), api.PublishedRegistry)
        assert_type(registry.find_artifact("m"), api.PublishedArtifact)
        assert_type(registry.config, gto.config.RegistryConfig)
    with gto.RepoIndexManager.from_url(".") as manager:
        assert_type(manager.get_index(), gto.index.Index)
    assert_type(gto.CONFIG.stages, list[str] | None)
    assert_type(gto.api.parse_tag("m@v1.0.0"), JSON)
    gto.cli.app.main([])
    assert_type(PublishedRegistry().unique_stages, list[str])


def test_each_published_name_is_used_in_this_file_and_is_there() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    assert [name for name in api.__all__ if f"api.{name}" not in text] == []
    assert [name for name in api.__all__ if not hasattr(api, name)] == []
