"""Graphs with small weights: int8, or 7 or 6 bits for the matrices of a large encoder.

How the int8 form was chosen. Every variant has an int8 embedding table; measured on
all-MiniLM-L6-v2 over 10,000 tokens of the corpus, one thread of a Xeon with VNNI. "Error" is the
mean relative error of the hidden states against fp32; "time" is relative to fp32, and rough: the
machine was shared.

    variant                                               error    time         encoder.onnx
    fp32                                                  0        1            90 MB
    quantize_dynamic, QInt8, per channel                  0.154    0.5 to 0.8   24 MB
      the same with reduce_range                          0.164    about same   24 MB
      the same with QUInt8                                0.153    1.1          24 MB
      the same, per tensor                                0.390    about same   24 MB
      the same, second feed-forward MatMul left fp32      0.106    0.75         34 MB
      the same, attention only                            0.040    1            45 MB
    MatMulNBits, 8 bits, blocks of 32, int8 arithmetic    0.032    1.1          25 MB
    int8 weights per channel, fp32 arithmetic             0.041    1            24 MB
    int8 weights in blocks of 32 rows, fp32 arithmetic    0.021    1            25 MB

The last is chosen, with blocks of 8: of the trained small model on 15 articles of real news, 97.3%
of sentences kept their labels with blocks of 32, 98.1% with 16, 98.4% with 8 (30 MB in all).

The activations of the feed-forward layers have outliers, so one scale for all tokens
(`quantize_dynamic`) costs more accuracy than its speed is worth. Offline fusion of the graph gained
nothing. With int8 weights alone no int8 product can saturate, so labels do not hang on whether the
processor has VNNI. onnxruntime folds the weights to fp32 once, at load (0.2 s).

6 or 7 bits, in blocks of 64 rows, are for a large encoder that would be too big a file: of
all-mpnet-base-v2, trained, 97.1% of real-news sentences keep their labels at 92 MB (97.6% with
blocks of 32 at 95 MB; int8 as above 98.7% at 153 MB; 4 bits as normal floats, Dettmers et al. 2023,
section 3, 92.3% at 74 MB). The tables and the heads stay int8. With six of its layers, of the
sentences of 40 dev articles 98.5% keep their labels in 6 bits, 99.0% in 7, 99.8% in 8.

A model that started from a bundle has weights near that bundle's grid. Rounded to the same grid,
most would fall back to where they started, and what was learnt since would be lost (measured: 94.4%
of sentences kept their labels). So such a matrix gets a grid of one level fewer (98.5%).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from peacestance.bundle import ENCODER_FILE

Precision = Literal["fp32", "int8", "int7", "int6"]

INT8_ROWS = 8
PLANES: Mapping[str, tuple[int, ...]] = {"int7": (4, 2, 1), "int6": (4, 2)}
"""How the bits of a value are spread over bytes: the upper four, the next two, the last one."""
LEAST_TABLE_ROWS = 100
PACKED_ROWS = 64
LEAST_ROWS = 32  # of a block of packed values: smaller ones would be mostly scales
_ON_GRID_STEPS, _ON_GRID_SHARE = 0.1, 0.5  # of values anywhere, a fifth lie so near a level


def quantize(
    source: Path, target: Path, names: Iterable[str], precision: Precision = "int8"
) -> None:
    """Graphs with small weights from a folder of fp32 graphs.

    The matrices of MatMul and Gemm get a scale for each column and block of rows, the tables of
    words and positions one for each row. Arithmetic stays in fp32: onnxruntime computes the
    matrices once, at load.

    Args:
        source: holds the graphs of `export_onnx`.
        target: made where it does not exist.
        names: of the graphs.
        precision: "int8", or "int7" or "int6" for the encoder's matrices in 7 or 6 bits and the
            rest in int8.
    """
    target.mkdir(parents=True, exist_ok=True)
    for name in names:
        is_encoder = name == ENCODER_FILE
        planes = PLANES.get(precision, ()) if is_encoder else ()
        onnx.save(_quantized(onnx.load(source / name), planes, table=is_encoder), target / name)


def _quantized(model: onnx.ModelProto, planes: Sequence[int], table: bool) -> onnx.ModelProto:
    graph = model.graph
    weights = {tensor.name: tensor for tensor in graph.initializer}
    matrices = {
        node.input[1]: weights[node.input[1]]
        for node in graph.node
        if node.op_type in ("MatMul", "Gemm") and node.input[1] in weights
    }
    for tensor in matrices.values():
        if planes and math.gcd(tensor.dims[0], PACKED_ROWS) >= LEAST_ROWS <= tensor.dims[1]:
            _matrix_to_bits(graph, tensor, planes)
        elif min(tensor.dims) >= INT8_ROWS // 2:  # a few columns are not worth the nodes
            _matrix_to_int8(graph, tensor)
    if table:
        for found in _tables(graph, weights):
            _quantize_table(graph, found)
    onnx.checker.check_model(model)
    return model


def _matrix_to_int8(graph: onnx.GraphProto, tensor: onnx.TensorProto) -> None:
    """Replace a weight by int8 values times scales, a scale for each column and 8 rows."""
    name, values = tensor.name, numpy_helper.to_array(tensor)
    rows, columns = values.shape
    block = INT8_ROWS if rows % INT8_ROWS == 0 else rows
    whole, scale = to_int8(values.reshape(rows // block, block, columns), axis=1)
    shape = np.array([rows, columns], dtype=np.int64)
    _replace_weights(graph, tensor, {"int8": whole, "scale": scale, "shape": shape})
    _insert(
        graph,
        helper.make_node("Cast", [f"{name}.int8"], [f"{name}.float"], to=TensorProto.FLOAT),
        helper.make_node("Mul", [f"{name}.float", f"{name}.scale"], [f"{name}.blocks"]),
        helper.make_node("Reshape", [f"{name}.blocks", f"{name}.shape"], [name]),
    )


def _matrix_to_bits(
    graph: onnx.GraphProto, tensor: onnx.TensorProto, planes: Sequence[int]
) -> None:
    """Replace a weight by packed values times scales (float16), for each column and 64 rows."""
    name, values = tensor.name, numpy_helper.to_array(tensor)
    rows, columns = values.shape
    block = math.gcd(rows, PACKED_ROWS)
    packed, scale = to_bits(values.reshape(rows // block, block, columns), planes)
    bits = sum(planes)
    arrays = {f"bits{width}": plane for width, plane in zip(planes, packed, strict=True)}
    arrays |= {f"u{n}": np.array([n], dtype=np.uint8) for n in range(17)}
    arrays |= {"scale": scale, "shape": np.array([rows, columns], dtype=np.int64)}
    arrays["zero"] = np.array([2 ** (bits - 1)], dtype=np.float32)
    nodes, used = _unpacking(name, planes), {"scale", "shape", "zero"}
    used |= {part.removeprefix(f"{name}.") for node in nodes for part in node.input}
    for k, width in enumerate(planes):
        arrays[f"weight{width}"] = np.array([2 ** sum(planes[k + 1 :])], dtype=np.float32)
    _replace_weights(graph, tensor, {part: x for part, x in arrays.items() if part in used})
    _insert(graph, *nodes)


def _unpacking(name: str, planes: Sequence[int]) -> list[onnx.NodeProto]:
    """The nodes that make a matrix of its planes of bits."""

    def node(kind: str, inputs: str, output: str, **attributes: Any) -> onnx.NodeProto:
        named = [f"{name}.{part}" for part in inputs.split()]
        return helper.make_node(kind, named, [f"{name}.{output}"], **attributes)

    nodes = []
    for width in planes:
        parts = []
        for k in range(8 // width):
            source, part = f"bits{width}", f"part{width}.{k}"
            shift = 8 - width * (k + 1)
            if shift:
                nodes.append(
                    node("BitShift", f"{source} u{shift}", f"{part}.shifted", direction="RIGHT")
                )
                source = f"{part}.shifted"
            nodes.append(node("Mod", f"{source} u{2**width}", part))
            parts.append(part)
        nodes += [
            node("Concat", " ".join(parts), f"plane{width}", axis=1),
            node("Cast", f"plane{width}", f"float{width}", to=TensorProto.FLOAT),
            node("Mul", f"float{width} weight{width}", f"weighted{width}"),
        ]
    return [
        *nodes,
        node("Sum", " ".join(f"weighted{width}" for width in planes), "whole"),
        node("Sub", "whole zero", "signed"),
        node("Cast", "scale", "scales", to=TensorProto.FLOAT),
        node("Mul", "signed scales", "blocks"),
        helper.make_node("Reshape", [f"{name}.blocks", f"{name}.shape"], [name]),
    ]


def _insert(graph: onnx.GraphProto, *nodes: onnx.NodeProto) -> None:
    for k, node in enumerate(nodes):
        graph.node.insert(k, node)


def _tables(
    graph: onnx.GraphProto, weights: Mapping[str, onnx.TensorProto]
) -> list[tuple[onnx.NodeProto, onnx.TensorProto]]:
    """The Gathers of long tables, words and positions; those of types and distances are short."""
    return [
        (node, weights[node.input[0]])
        for node in graph.node
        if node.op_type == "Gather"
        and node.input[0] in weights
        and len(dims := weights[node.input[0]].dims) == 2
        and dims[0] >= LEAST_TABLE_ROWS
    ]


def _quantize_table(graph: onnx.GraphProto, found: tuple[onnx.NodeProto, onnx.TensorProto]) -> None:
    """Look up int8 rows and their scales; only the rows of the input become fp32."""
    node, tensor = found
    name, ids, out = tensor.name, node.input[1], node.output[0]
    whole, scale = to_int8(numpy_helper.to_array(tensor), axis=1)
    _replace_weights(graph, tensor, {"int8": whole, "scale": scale})
    nodes = [
        helper.make_node("Gather", [f"{name}.int8", ids], [f"{name}.rows"]),
        helper.make_node("Cast", [f"{name}.rows"], [f"{name}.float"], to=TensorProto.FLOAT),
        helper.make_node("Gather", [f"{name}.scale", ids], [f"{name}.scales"]),
        helper.make_node("Mul", [f"{name}.float", f"{name}.scales"], [out]),
    ]
    place = list(graph.node).index(node)
    graph.node.remove(node)
    for k, new in enumerate(nodes):
        graph.node.insert(place + k, new)


def to_int8(values: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """Whole numbers in -127..127 and the scales that bring them back, one along `axis`.

    >>> to_int8(np.array([[1.0], [-0.5]]), axis=0)
    (array([[127],
           [-64]], dtype=int8), array([[0.00787402]], dtype=float32))
    """
    scale = np.abs(values).max(axis, keepdims=True) / 127
    scale = np.where(scale == 0, 1, scale).astype(np.float32)
    return np.round(values / scale).astype(np.int8), scale


def to_bits(values: np.ndarray, planes: Sequence[int]) -> tuple[list[np.ndarray], np.ndarray]:
    """Whole numbers around zero, taken apart into planes of bits, and the scales of the blocks.

    A byte of the plane of w bits holds 8 / w values, rows / (8 / w) apart. With b bits in all, a
    value is its number less 2^(b - 1), times the scale.

    Shape:
        values: [blocks, rows, columns], rows a multiple of 8; returns for each plane of w bits
        [blocks, rows * w / 8, columns] (uint8), and scales [blocks, 1, columns] (float16)
    """
    zero = 2 ** (sum(planes) - 1)
    levels, scale = _grid(values, zero - 1)
    whole = (
        np.round(values / scale.astype(np.float32)).clip(-levels, levels).astype(np.int64) + zero
    )
    packed, below = [], sum(planes)
    for width in planes:
        below -= width
        parts = np.split(whole >> below & 2**width - 1, 8 // width, axis=1)
        joined = sum(part << 8 - width * (k + 1) for k, part in enumerate(parts))
        packed.append(np.asarray(joined).astype(np.uint8))
    return packed, scale


def _grid(values: np.ndarray, levels: int) -> tuple[int, np.ndarray]:
    """The largest whole number and the scales; one level fewer for values that lie on the grid."""
    scale = _scales(values, levels)
    steps = values / scale.astype(np.float32)
    near = np.abs(steps - np.round(steps)) < _ON_GRID_STEPS
    if near.mean() <= _ON_GRID_SHARE:
        return levels, scale
    return levels - 1, _scales(values, levels - 1)


def _scales(values: np.ndarray, levels: int) -> np.ndarray:
    scale = np.abs(values).max(1, keepdims=True) / levels
    return np.where(scale == 0, 1, scale).astype(np.float16)


def _replace_weights(
    graph: onnx.GraphProto, tensor: onnx.TensorProto, arrays: Mapping[str, np.ndarray]
) -> None:
    name = tensor.name
    graph.initializer.remove(tensor)
    graph.initializer.extend(
        numpy_helper.from_array(array, f"{name}.{part}") for part, array in arrays.items()
    )
