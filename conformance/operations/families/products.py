"""Matrix products and sums of products."""

from case_writer import TYPES, Constant, data, grid, pick

SHAPES = [((3, 4), (4, 5)), ((1, 40), (40, 10)), ((9, 70), (70, 19)), ((2, 3, 4), (2, 4, 5)), ((2, 1, 3, 4), (3, 4, 2)),
          ((6, 4), (2, 4, 9)), ((2, 5, 4), (4, 3)), ((1, 2, 3, 4), (5, 1, 4, 2)), ((17, 33), (33, 1)), ((1, 1), (1, 1)),
          ((64, 16), (16, 24)), ((2, 2, 7, 3), (2, 2, 3, 7))]


def turned(shape):
    return (*shape[:-2], shape[-1], shape[-2])


def make(suite):
    for choice in grid(230, shapes=SHAPES, a=[False, True], b=[False, True], constant=[False, True],
                       name=["f32", "f32", "f32", "f16"]):
        left, right = choice["shapes"]
        kind = TYPES[choice["name"]]
        right_values = data(*(turned(right) if choice["b"] else right), dtype=kind)
        suite.add("MatMul", 1, [data(*(turned(left) if choice["a"] else left), dtype=kind),
                                Constant(right_values) if choice["constant"] else right_values],
                  transpose_a=choice["a"], transpose_b=choice["b"])
    for left, right in [((4,), (4, 3)), ((3, 4), (4,)), ((4,), (4,)), ((4,), (2, 4, 3)), ((2, 3, 4), (4,))]:
        for transposes in [(False, False), (True, False), (False, True)]:
            suite.add("MatMul", 1, [data(*left), data(*right)], transpose_a=transposes[0], transpose_b=transposes[1])
    extents = dict(a=2, b=3, c=4, d=5, e=2, i=3, j=4, k=5, n=2, h=3, w=4, q=6)
    equations = ["ab,bc->ac", "ab,cb->ac", "ab,bc", "abc,acd->abd", "ij->ji", "ij->i", "ij->", "ii->i", "ii->", "ij,ij->ij",
                 "ij,ij->", "i,j->ij", "i,i->", "i,i->i", "abc->cab", "bij,bjk->bik", "nhqd,nhkd->nhqk", "abcd,cde->abe",
                 "ab,bc,cd->ad", "ij,jk,kn->in", "ab,ab,ab->b", "a,b,c->cba", "...ij,...jk->...ik", "...ij->...ji",
                 "a...,b...->ab...", "i...->...", "aab->ab", "abab->ab", "aij,jk->aik", "bhwc,hkc->bhwk",
                 "ab,cd->abcd", "abc,abc->c", "nij,njk,nka->nia", "ij,kj->ki", "ijk->kji", "ijk->ik", "abc,bad->dc"]
    for equation in equations:
        for batch in [(), (2,), (2, 3)] if "..." in equation else [()]:
            for kind in ["f32", "f32", "i32"]:
                inputs = []
                for term in equation.split("->")[0].split(","):
                    shape = []
                    for label in term.replace("...", "."):
                        shape += list(batch) if label == "." else [extents[label]]
                    inputs.append(data(*shape).astype(TYPES[kind]) if kind == "f32" else
                                  (data(*shape, low=-4, high=5)).astype(TYPES[kind]))
                suite.add("Einsum", 7, inputs, equation=equation)
    for choice in grid(60, batch=[(1,), (2,), (2, 3)], queries=[1, 4], keys=[3, 5], causal=[False, True],
                       mask=[None, "float", "boolean"], scale=[False, True]):
        batch, queries, keys = choice["batch"], choice["queries"], choice["keys"]
        inputs = [data(*batch, queries, 8), data(*batch, keys, 8), data(*batch, keys, 6)]
        if choice["mask"] == "float":
            inputs.append(data(queries, keys))
        elif choice["mask"] == "boolean":
            allowed = data(queries, keys) > -1
            allowed[:, 0] = True
            inputs.append(allowed)
        if choice["scale"] and len(inputs) == 4:
            inputs.append(Constant(0.7, TYPES["f32"]))
        suite.add("ScaledDotProductAttention", 13, inputs, causal=choice["causal"])
