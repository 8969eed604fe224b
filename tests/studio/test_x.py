import json,time,os
import pytest
from tests.studio import layouts
from tests.studio_app import studio_of
@pytest.mark.parametrize("name",["several","nested","experiments"])
def test_x(repo,tmp_path,name):
    t=time.time()
    repos=layouts.LAYOUTS[name](repo)
    print(name,"built",time.time()-t)
    import shutil
    r=list(repos.values())[0]
    shutil.rmtree(f"/tmp/w/s-equal-x/{name}",ignore_errors=True)
    shutil.copytree(r.path,f"/tmp/w/s-equal-x/{name}",symlinks=True)
    t=time.time()
    with studio_of({k:v.path for k,v in repos.items()},tmp_path/"i.db") as s:
        print("synced",time.time()-t)
        n=list(repos)[0]
        for p in ("/models",f"/r/{n}","/reviews","/history"):
            print(p,json.dumps(s.json(p))[:1500])
        t=time.time()
        for one in s.json("/models",**{"is":["deprecated","active"]})["artifacts"]:
            s.json(f"/m/{n}/{one['artifact']}")
        print("models",time.time()-t)
    t=time.time()
    for i in range(10): r.gto("show","--json")
    print("gto x10",time.time()-t)
